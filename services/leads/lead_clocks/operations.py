"""Let clocks follow what happens to leads, and tell people of what falls due."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.errors import Conflict, Refused
from services.kit.sql import column_values
from services.leads.lead_clocks.domain import Due, LeadClock, LeadUnanswered, LeadUndecided, Standing, waits
from services.leads.lead_clocks.store import AT_ONCE, FALLEN_DUE, WRITE, clock_of, codec, known, table
from services.leads.leads import operations as leads_operations
from services.leads.leads.domain import Lead
from services.leads.leads.store import leads
from services.leads.notices import operations as notices
from services.leads.sla_policies import operations as sla_policies
from services.leads.sla_policies.domain import Policies, SlaPolicy
from services.leads.working_calendar import operations as working_calendar


async def follow(tx: Tx, told: list[Standing]) -> None:
    """What events of leads tell."""
    policies, calendar = await sla_policies.current(tx), await working_calendar.current(tx)
    async with _held(tx, {one.id for one in told}) as clocks:
        for one in told:
            clocks[one.id].follow(one, policies, calendar)


async def touched(tx: Tx, touches: list[tuple[UUID, datetime]]) -> None:
    """We got in touch with these leads at these times."""
    calendar = await working_calendar.current(tx)
    async with _held(tx, {lead_id for lead_id, _ in touches}) as clocks:
        for lead_id, at in touches:
            clocks[lead_id].touch(at, calendar)


@asynccontextmanager
async def _held(tx: Tx, lead_ids: set[UUID]) -> AsyncIterator[dict[UUID, LeadClock]]:
    """The clocks of these leads; those that the block changes are written after it.

    Refused: CONFLICT if a clock that was not there has been begun by somebody else meanwhile, whom it would undo.
    """
    clocks = await known(tx, lead_ids)
    before = {lead_id: codec.to_row(clock) for lead_id, clock in clocks.items()}
    for lead_id in lead_ids - clocks.keys():
        clocks[lead_id] = LeadClock(clock_of(lead_id), lead_id, tx.now, tx.now)
    yield clocks
    await _write(tx, [clock for lead_id, clock in sorted(clocks.items()) if codec.to_row(clock) != before.get(lead_id)])


async def _write(tx: Tx, changed: Iterable[LeadClock]) -> None:
    rows = []
    for clock in changed:
        clock.version += 1
        clock.update_time = tx.now
        rows.append({"tenant_id": tx.principal.tenant_id} | codec.to_row(clock))
        # A clock that only runs, without a limit, is no news to anybody.
        if clock.policy or clock.first_touch_time:
            tx.emit(events.LeadClockSet(lead_clock=codec.to_message(clock)), clock)
    if rows and await tx.execute(WRITE, **column_values(table, rows)) < len(rows):
        raise Conflict


async def tell_due(tx: Tx) -> bool:
    """Tell owners and managers of what has fallen due; whether there may be more."""
    found = [codec.from_row(row) for row in await tx.fetch(FALLEN_DUE, now=tx.now)]
    policies = await sla_policies.current(tx) if found else Policies([])
    told = []
    for clock in found:
        lead = await leads.locked(tx, clock.lead_id)
        if waits(lead):  # else the event that stops the clock is on its way
            await _tell(tx, lead, clock.pass_due(tx.now), policies.named(clock.policy))
            told.append(clock)
    await _write(tx, told)
    return bool(told) and len(found) == AT_ONCE


async def _tell(tx: Tx, lead: Lead, passed: list[Due], policy: SlaPolicy | None) -> None:
    managers = [policy.manager_id] if policy else []
    for due in passed:
        news = LeadUndecided if due is Due.DISPOSITION else LeadUnanswered
        hear = {Due.RESPONSE: [lead.owner_id], Due.ESCALATION: managers, Due.DISPOSITION: [lead.owner_id, *managers]}
        await notices.tell(tx, hear[due], news("lead", lead.id, company=lead.company))
    takes_over = policy and policy.reassign and Due.DISPOSITION in passed
    if policy and takes_over and lead.owner_id != policy.manager_id:
        with suppress(Refused):  # what may not leave its owner stays, and keeps nobody from hearing of the others
            await leads_operations.hand_over(tx, lead, policy.manager_id, policy.manager_team_id)
