"""Say what came of steps, and tell owners of those that fall due."""

from uuid import UUID

from dealtrail.timeline.v1 import touchpoints_pb2

from services.kit.client import Peer
from services.kit.database import Tx
from services.kit.ids import derived_id
from services.leads.enrolments import operations as enrolments
from services.leads.leads.store import leads
from services.leads.notices import operations as notices
from services.leads.nurture_plans import operations as plans
from services.leads.nurture_plans.domain import VISIT
from services.leads.nurture_steps.domain import NurtureStep, NurtureStepDue, StepState
from services.leads.nurture_steps.store import AT_ONCE, TELL, UNTOLD, WORKED, steps
from services.leads.temperatures.domain import Temperature
from services.leads.working_calendar import operations as calendars


async def settle(
    tx: Tx,
    touchpoints: Peer | None,
    step_id: UUID,
    result: StepState,
    note: str,
    temperature: Temperature | None,
) -> NurtureStep:
    """Keep what came of a step; what was made stands in the timeline too, unless `touchpoints` is None."""
    sought = await steps.get(tx, step_id)
    lead = await leads.locked(tx, sought.lead_id)
    lead.must_be_open()
    lead.must_be_free()
    nurturing = await enrolments.load(tx, sought.enrolment_id)
    warmed = temperature not in (None, lead.temperature)
    async with enrolments.changing(tx, lead, nurturing):
        step = nurturing.settle(step_id, result, tx.principal.user_id, tx.now, note, goes_on=warmed)
        if touchpoints is not None and result is not StepState.SKIPPED:
            step.touchpoint_id = await _record(tx, touchpoints, step)
        if temperature is not None and warmed:
            await enrolments.warm_along(tx, lead, nurturing, temperature, note)
    return step


async def _record(tx: Tx, touchpoints: Peer, step: NurtureStep) -> UUID:
    """Record that it was made: the same touchpoint for every retry."""
    plan = await plans.kept(tx, step.plan, step.plan_version)
    meets = plan.touches(step.temperature)[step.touch].category == VISIT
    direction = touchpoints_pb2.Touchpoint
    request = touchpoints_pb2.RecordTouchpointRequest(
        id=str(derived_id(step.id, "touchpoint")),
        lead_id=str(step.lead_id),
        kind=step.kind,
        direction=direction.DIRECTION_UNSPECIFIED if meets else direction.OUT,
        note=step.note,
    )
    recorded = await touchpoints.call(tx, "RecordTouchpoint", request, key=f"nurture-{step.id}")
    return UUID(recorded.id)


async def remind(tx: Tx) -> bool:
    """Tell owners of the steps that are due, each once, while people work; whether there may be more."""
    calendar = await calendars.current(tx)
    if not calendar.works_at(tx.now):
        return False
    rows = await tx.fetch(UNTOLD, today=calendar.local_day(tx.now))
    worked = {row["id"]: row for row in await tx.fetch(WORKED, ids=[row["lead_id"] for row in rows])}
    for row in rows:
        if lead := worked.get(row["lead_id"]):
            news = NurtureStepDue("lead", lead["id"], company=lead["company"], kind=row["kind"], due=row["due_date"])
            await notices.tell(tx, [lead["owner_id"]], news)
    if rows:
        await tx.execute(TELL, ids=[row["id"] for row in rows])
    return len(rows) == AT_ONCE
