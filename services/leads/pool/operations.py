"""What people do with the pool."""

from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import pool_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.leads.domain import NOBODY, Lead
from services.leads.leads.operations import fact
from services.leads.leads.store import leads
from services.leads.notices import operations as notices
from services.leads.pool.domain import (
    CoolingDown,
    Kind,
    LeadInPool,
    LeadWentToPool,
    Move,
    PoolRules,
    ReturnReason,
)
from services.leads.pool.store import (
    ALONE,
    CLAIMED_SINCE,
    ENTER,
    HELD,
    LEAVE,
    LOST,
    MOVED,
    RULES,
    SET_RULES,
    VIEWED,
    VIEWS,
    move_codec,
    move_sealing,
    pooled,
    rules_codec,
)
from services.leads.working_calendar import operations as calendars
from services.leads.working_calendar.domain import WorkingCalendar


async def rules(tx: Tx) -> PoolRules:
    """The rules in force."""
    row = await tx.fetch_one(RULES)
    return rules_codec.from_row(row) if row else PoolRules()


async def set_rules(tx: Tx, given: PoolRules) -> PoolRules:
    """Keep them. Refused: NOTICE_TOO_LONG."""
    given.check()
    await tx.execute(SET_RULES, **rules_codec.to_row(given))
    return given


async def alone(tx: Tx) -> None:
    """Wait until nobody else in the tenant counts what users hold, and keep them waiting until this commits."""
    await tx.fetch(ALONE, what=f"custody {tx.principal.tenant_id}")


async def view(tx: Tx, lead_id: UUID) -> Lead:
    """Look at a lead of the pool. Refused: NOT_FOUND, POOL_VIEWS_EXHAUSTED."""
    lead = await pooled.get(tx, lead_id)
    me = tx.principal
    await tx.fetch(ALONE, what=f"views {me.tenant_id} {me.user_id}")
    day = (await calendars.current(tx)).local_day(tx.now)
    await tx.execute(VIEWED, user_id=me.user_id, day=day, lead_id=lead_id)
    (await rules(tx)).may_view(await tx.fetch_value(VIEWS, day=day))
    return lead


async def claim(tx: Tx, lead_id: UUID) -> Lead:
    """Take a lead out of the pool. Refused: NOT_FOUND, DAILY_CLAIMS_EXHAUSTED, HOLDING_QUOTA_REACHED, COOLING_DOWN."""
    await alone(tx)
    lead = await pooled.locked(tx, lead_id)
    me = tx.principal
    mine, calendar = await rules(tx), await calendars.current(tx)
    today = calendar.day_begins(calendar.local_day(tx.now))
    claimed = await tx.fetch_value(CLAIMED_SINCE, since=today)
    mine.may_claim(claimed, await tx.fetch_value(HELD, owner_id=me.user_id))
    await _must_have_cooled(tx, lead_id, mine, calendar)
    lead.assign(me.user_id, me.team_id)
    await leads.save(tx, lead)
    await tx.execute(LEAVE, lead_id=lead_id)
    await _note(tx, Move(new_id(), lead_id, me.user_id, Kind.CLAIMED, tx.now))
    tx.emit(events.LeadClaimed(lead=fact(lead)), lead)
    return lead


async def give_back(tx: Tx, lead_id: UUID, why: str) -> Lead:
    """Give a lead to the pool. Refused: NOT_FOUND, LEAD_NOT_OPEN, LEAD_HELD, DISCARD_PENDING, LEAD_IN_POOL."""
    lead = await leads.locked(tx, lead_id)
    if lead.owner_id == NOBODY:
        raise LeadInPool
    await put(tx, lead, ReturnReason.GIVEN_BACK, why)
    return lead


async def put(tx: Tx, lead: Lead, reason: ReturnReason, why: str = "") -> None:
    """Take a lead from its owner, who is told. Refused: LEAD_NOT_OPEN, LEAD_HELD, DISCARD_PENDING."""
    former = lead.owner_id
    lead.let_go()
    await leads.save(tx, lead)
    await tx.execute(ENTER, lead_id=lead.id, reason=reason.value, return_time=tx.now)
    await _note(tx, Move(new_id(), lead.id, former, Kind.RETURNED, tx.now, reason, why))
    told = events.LeadReturned(lead=fact(lead), from_owner_id=str(former), reason=pb.ReturnReason.Value(reason))
    tx.emit(told, lead)
    await notices.tell(tx, [former], LeadWentToPool("lead", lead.id, company=lead.company, reason=reason))


async def _note(tx: Tx, move: Move) -> None:
    await tx.insert(MOVED, **await move_sealing.seal(tx, move_codec.to_row(move)))


async def _must_have_cooled(tx: Tx, lead_id: UUID, mine: PoolRules, calendar: WorkingCalendar) -> None:
    lost = await tx.fetch_value(LOST, lead_id=lead_id)
    if lost is None or not mine.cool_down_days:
        return
    until = calendar.days_after(lost, mine.cool_down_days)
    if tx.now < until:
        raise CoolingDown(until=until.isoformat(timespec="seconds"))
