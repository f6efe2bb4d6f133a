"""Plan sessions, open and close them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.directory import Member
from services.kit.ids import new_id
from services.kit.money import Money
from services.kit.principal import Principal
from services.kit.store import Store
from services.leads.accounts.store import contacts
from services.leads.call_scripts import operations as scripts
from services.leads.call_scripts.domain import ScriptFinding
from services.leads.call_sessions.domain import (
    CalleeNotTheirs,
    CallSession,
    CallSessionCancelled,
    CallSessionPlanned,
    NobodyToCall,
    NotYoursToPlan,
    RehearsalMissing,
    UnknownCallee,
    taken,
)
from services.leads.call_sessions.store import OVERLAPPING, TURN, codec, sessions
from services.leads.days import ZONE
from services.leads.leads.store import leads
from services.leads.notices import operations as notices
from services.leads.phone_calls import operations as phone_calls
from services.leads.rehearsals.store import DONE


@dataclass(frozen=True)
class Plan:
    """Who is to call, when, where, by which script and whom."""

    owner: Member
    begin: datetime
    end: datetime
    place: str
    script_code: str
    amount: Money | None
    quintile: int
    leads: list[UUID]
    contacts: list[UUID]


async def plan(tx: Tx, wanted: Plan) -> CallSession:
    """Plan a session for its owner. Refused: as CallSessionsService.PlanCallSession says."""
    me, owner = tx.principal, wanted.owner
    if owner.user_id != me.user_id and me.role not in ("BOSS", "MANAGER"):
        raise NotYoursToPlan
    if not wanted.leads and not wanted.contacts:
        raise NobodyToCall
    await _callees(tx, wanted)
    findings: tuple[ScriptFinding, ...] = ()
    if wanted.script_code:
        script = await scripts.get(tx, wanted.script_code, 0)
    else:
        script, findings = await scripts.chosen(tx, wanted.amount, wanted.quintile)
    await tx.fetch(TURN, owner_id=owner.user_id)
    if other := await tx.fetch_one(OVERLAPPING, owner_id=owner.user_id, begin=wanted.begin, end=wanted.end):
        raise taken(other["begin_time"], other["end_time"])
    session = CallSession(
        id=new_id(),
        owner_id=owner.user_id,
        team_id=owner.team_id,
        planned_by=me.user_id if owner.user_id != me.user_id else None,
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
    tx.emit(events.CallSessionPlanned(call_session=codec.to_message(session.told())), session)
    news = CallSessionPlanned("callSession", session.id, begin=_begin(session), calls=session.calls)
    await notices.tell(tx, [session.owner_id], news)
    return session


async def open_session(tx: Tx, session_id: UUID) -> CallSession:
    """Begin to call. Refused: as CallSessionsService.OpenCallSession says."""
    session = await sessions.locked(tx, session_id)
    session.must_be_of(tx.principal.user_id)
    session.open(tx.now)
    script = await scripts.kept(tx, session.script_code, session.script_version)
    if script.must_rehearse and not await tx.fetch_one(DONE, code=script.code, version=script.version):
        raise RehearsalMissing(script=script.code, version=script.version)
    await sessions.save(tx, session)
    return session


async def close(tx: Tx, session_id: UUID) -> CallSession:
    """End a session, or give it up. Refused: NOT_YOUR_SESSION, SESSION_CLOSED."""
    session = await sessions.locked(tx, session_id)
    session.close(tx.principal.user_id, tx.now)
    await sessions.save(tx, session)
    told = codec.to_message(session.told())
    if session.open_time is not None:
        tx.emit(events.CallSessionHeld(call_session=told), session)
        return session
    tx.emit(events.CallSessionCancelled(call_session=told), session)
    if session.planned_by is not None:
        news = CallSessionCancelled("callSession", session.id, begin=_begin(session))
        await notices.tell(tx, [session.owner_id, session.planned_by], news)
    return session


def _begin(session: CallSession) -> str:
    return session.begin_time.astimezone(ZONE).isoformat(" ", timespec="minutes")


async def _callees(tx: Tx, wanted: Plan) -> None:
    """Refused: UNKNOWN_CALLEE, CALLEE_NOT_THEIRS, LEAD_NOT_OPEN, LEAD_HELD, CONTACT_MERGED, CONTACT_ERASED."""
    owner = wanted.owner
    teams = (owner.team_id,) if owner.team_id else ()
    caller = Principal(tx.principal.tenant_id, owner.user_id, owner.role, owner.team_id, teams)
    await _known(tx, leads, wanted.leads, caller)
    await _known(tx, contacts, wanted.contacts, caller)
    for one in wanted.leads:
        lead = await leads.get(tx, one)
        lead.must_be_open()
        lead.must_be_free()
    for one in wanted.contacts:
        (await contacts.get(tx, one)).must_stand()


async def _known(tx: Tx, store: Store[Any], named: list[UUID], caller: Principal) -> None:
    seen = await store.visible(tx, named)
    theirs = seen if caller.user_id == tx.principal.user_id else await store.visible(tx, named, caller)
    for one in named:
        if one not in seen:
            raise UnknownCallee(callee=one)
        if one not in theirs:
            raise CalleeNotTheirs(callee=one)
