"""NurtureStepsService over gRPC: decode, do one operation, encode."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import leads_pb2
from dealtrail.leads.v1 import nurture_steps_pb2 as pb

from services.kit.client import Peer
from services.kit.database import Tx
from services.leads.nurture_plans import operations as plans
from services.leads.nurture_steps import operations
from services.leads.nurture_steps.domain import NurtureStep, StepState
from services.leads.nurture_steps.store import LEADS, codec, listing
from services.leads.temperatures.domain import Temperature
from services.leads.working_calendar import operations as calendars


class NurtureStepsServicer:
    """See proto/dealtrail/leads/v1/nurture_steps.proto."""

    def __init__(self, touchpoints: Peer) -> None:
        self._touchpoints = touchpoints

    async def ListNurtureSteps(self, request: pb.ListNurtureStepsRequest, tx: Tx) -> pb.ListNurtureStepsResponse:
        today = (await calendars.current(tx)).local_day(tx.now)
        rows, token = await listing.page(tx, request, today=today)
        found = [codec.from_row(row) for row in rows]
        return pb.ListNurtureStepsResponse(steps=await _shown(tx, found, today), next_page_token=token)

    async def SettleNurtureStep(self, request: pb.SettleNurtureStepRequest, tx: Tx) -> pb.NurtureStep:
        step = await operations.settle(
            tx,
            None if request.without_touchpoint else self._touchpoints,
            UUID(request.id),
            StepState(pb.SettleNurtureStepRequest.Result.Name(request.result)),
            request.note.strip(),
            Temperature(leads_pb2.Lead.Temperature.Name(request.temperature)) if request.temperature else None,
        )
        [shown] = await _shown(tx, [step], (await calendars.current(tx)).local_day(tx.now))
        return shown


async def _shown(tx: Tx, steps: Iterable[NurtureStep], today: date) -> list[pb.NurtureStep]:
    """The steps with what to say, as their plans have it, and whose they are."""
    found = list(steps)
    leads: Mapping[UUID, Any] = {}
    if found:
        leads = {row["id"]: row for row in await tx.fetch(LEADS, ids=[step.lead_id for step in found])}
    known = {key: await plans.kept(tx, *key) for key in {(step.plan, step.plan_version) for step in found}}
    messages = []
    for step in found:
        message = codec.to_message(step)
        touch = known[step.plan, step.plan_version].touches(step.temperature)[step.touch]
        message.script_zh, message.script_en = touch.script_zh, touch.script_en
        message.company, message.owner_id = leads[step.lead_id]["company"], str(leads[step.lead_id]["owner_id"])
        message.overdue = step.state is StepState.PLANNED and step.due_date < today
        messages.append(message)
    return messages
