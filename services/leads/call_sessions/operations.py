"""Plan sessions, open and close them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.money import Money
from services.leads.accounts.store import contacts
from services.leads.call_scripts import operations as scripts
from services.leads.call_scripts.domain import ScriptFinding
from services.leads.call_sessions.domain import CallSession, NobodyToCall, RehearsalMissing, UnknownCallee, taken
from services.leads.call_sessions.store import OVERLAPPING, TURN, sessions
from services.leads.leads.store import leads
from services.leads.phone_calls import operations as phone_calls
from services.leads.rehearsals.store import DONE


@dataclass(frozen=True)
class Plan:
    """When, where, by which script and whom to call."""

    begin: datetime
    end: datetime
    place: str
    script_code: str
    amount: Money | None
    quintile: int
    leads: list[UUID]
    contacts: list[UUID]


async def plan(tx: Tx, wanted: Plan) -> CallSession:
    """Plan a session of the caller's. Refused: as CallSessionsService.PlanCallSession says."""
    if not wanted.leads and not wanted.contacts:
        raise NobodyToCall
    await _callees(tx, wanted)
    findings: tuple[ScriptFinding, ...] = ()
    if wanted.script_code:
        script = await scripts.get(tx, wanted.script_code, 0)
    else:
        script, findings = await scripts.chosen(tx, wanted.amount, wanted.quintile)
    await tx.fetch(TURN)
    if other := await tx.fetch_one(OVERLAPPING, begin=wanted.begin, end=wanted.end):
        raise taken(other["begin_time"], other["end_time"])
    session = CallSession(
        id=new_id(),
        owner_id=tx.principal.user_id,
        team_id=tx.principal.team_id,
        begin_time=wanted.begin,
        end_time=wanted.end,
        place=wanted.place,
        script_code=script.code,
        script_version=script.version,
        calls=len(wanted.leads) + len(wanted.contacts),
        create_time=tx.now,
        update_time=tx.now,
        findings=findings,
    )
    await sessions.add(tx, session)
    await phone_calls.put_on_list(tx, session, wanted.leads, wanted.contacts)
    return session


async def open_session(tx: Tx, session_id: UUID) -> CallSession:
    """Begin to call. Refused: as CallSessionsService.OpenCallSession says."""
    session = await _mine(tx, session_id)
    session.open(tx.now)
    script = await scripts.kept(tx, session.script_code, session.script_version)
    if script.must_rehearse and not await tx.fetch_one(DONE, code=script.code, version=script.version):
        raise RehearsalMissing(script=script.code, version=script.version)
    await sessions.save(tx, session)
    return session


async def close(tx: Tx, session_id: UUID) -> CallSession:
    """End a session, or give it up. Refused: NOT_YOUR_SESSION, SESSION_CLOSED."""
    session = await _mine(tx, session_id)
    session.close(tx.now)
    await sessions.save(tx, session)
    return session


async def _mine(tx: Tx, session_id: UUID) -> CallSession:
    session = await sessions.locked(tx, session_id)
    session.must_be_of(tx.principal.user_id)
    return session


async def _callees(tx: Tx, wanted: Plan) -> None:
    """Refused: UNKNOWN_CALLEE, LEAD_NOT_OPEN, LEAD_HELD, CONTACT_MERGED, CONTACT_ERASED."""
    _known(wanted.leads, await leads.visible(tx, wanted.leads))
    _known(wanted.contacts, await contacts.visible(tx, wanted.contacts))
    for one in wanted.leads:
        lead = await leads.get(tx, one)
        lead.must_be_open()
        lead.must_be_free()
    for one in wanted.contacts:
        (await contacts.get(tx, one)).must_stand()


def _known(named: Iterable[UUID], seen: set[UUID]) -> None:
    for one in named:
        if one not in seen:
            raise UnknownCallee(callee=one)
