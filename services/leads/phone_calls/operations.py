"""Put calls on lists, say what came of them, and judge how well they were done."""

from collections.abc import Iterable
from uuid import UUID

from dealtrail.timeline.v1 import touchpoints_pb2

from services.kit.client import Peer
from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import derived_id, new_id
from services.leads.accounts.store import contacts
from services.leads.call_sessions.domain import CallSession, NotYourSession
from services.leads.call_sessions.store import sessions
from services.leads.checklists import operations as checklists
from services.leads.checklists.domain import CALL_QUALITY
from services.leads.checklists.refusals import ChecklistChanged
from services.leads.phone_calls.domain import SPOKEN, PhoneCall, Result
from services.leads.phone_calls.store import calls

KIND = "PHONE"
"""What a call is in the catalogue of touchpoints."""


async def put_on_list(tx: Tx, session: CallSession, leads: Iterable[UUID], contacts: Iterable[UUID]) -> None:
    """The calls of a session that is planned: leads first, each in its order."""
    callees = [(one, None) for one in leads] + [(None, one) for one in contacts]
    listed = [
        PhoneCall(
            id=new_id(),
            call_session_id=session.id,
            number=number,
            rep_id=session.owner_id,
            begin_time=session.begin_time,
            create_time=tx.now,
            update_time=tx.now,
            lead_id=lead,
            contact_id=contact,
        )
        for number, (lead, contact) in enumerate(callees, 1)
    ]
    await calls.add_new(tx, listed)


async def record(tx: Tx, touchpoints: Peer, call_id: UUID, result: Result, duration_s: int, note: str) -> PhoneCall:
    """Say what came of a call. Refused: as PhoneCallsService.RecordPhoneCall says."""
    call = await calls.locked(tx, call_id)
    try:
        session = await sessions.get(tx, call.call_session_id)
    except NotFound:
        raise NotYourSession from None  # who sees a lead sees that it is called, by others
    session.must_be_of(tx.principal.user_id)
    session.must_be_open()
    call.record(result, duration_s, tx.now)
    if result in SPOKEN:
        call.touchpoint_id = await _touch(tx, touchpoints, call, note)
    await calls.save(tx, call)
    return call


async def _touch(tx: Tx, touchpoints: Peer, call: PhoneCall, note: str) -> UUID:
    """Record that somebody was spoken with: the same touchpoint for every retry."""
    request = touchpoints_pb2.RecordTouchpointRequest(
        id=str(derived_id(call.id, "touchpoint")),
        kind=KIND,
        direction=touchpoints_pb2.Touchpoint.OUT,
        duration_s=call.duration_s,
        note=note,
    )
    if call.contact_id is not None:
        request.account_id = str((await contacts.get(tx, call.contact_id)).account_id)
        request.participants.append(str(call.contact_id))
    else:
        request.lead_id = str(call.lead_id)
    recorded = await touchpoints.call(tx, "RecordTouchpoint", request, key=f"call-{call.id}")
    return UUID(recorded.id)


async def judge(tx: Tx, call_id: UUID, answers: dict[str, str], version: int) -> PhoneCall:
    """Say how well a call was done. Refused: as PhoneCallsService.JudgePhoneCall says."""
    call = await calls.locked(tx, call_id)
    rubric = await checklists.get(tx, CALL_QUALITY, 0)
    if version not in (0, rubric.version):
        raise ChecklistChanged(version=rubric.version)
    call.judge(rubric, answers, tx.principal.user_id, tx.now)
    await calls.save(tx, call)
    return call
