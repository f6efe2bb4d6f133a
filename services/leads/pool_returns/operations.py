"""What returns to the pool by itself: owners are told first, and their leads go unless something happens."""

from contextlib import suppress

from services.kit.database import Tx
from services.kit.errors import Refused
from services.leads.leads.store import leads
from services.leads.notices import operations as notices
from services.leads.pool import operations as pool
from services.leads.pool.domain import PoolRules, ReturnReason
from services.leads.pool.store import HELD
from services.leads.pool_returns.domain import LeadWillReturn, Warning
from services.leads.pool_returns.store import DUE, DUE_SOON, FORGET, STANDS, WARN, warning_codec
from services.leads.working_calendar import operations as calendars
from services.leads.working_calendar.domain import NoWorkingTime, WorkingCalendar

AT_ONCE = 100
"""Leads that return, or whose owners are told, in one transaction."""


async def keep(tx: Tx) -> bool:
    """A piece of the periodic work: leads whose time is over return, and owners are told of those whose time comes.

    Whether there is more to do.
    """
    mine = await pool.rules(tx)
    calendar = await calendars.current(tx)
    try:
        more = await _return_due(tx, mine)
        for reason in mine.in_force():
            more = await _warn(tx, mine, calendar, reason) or more
    except NoWorkingTime:
        return False  # whoever never works lets no deadline pass
    return more


async def _return_due(tx: Tx, mine: PoolRules) -> bool:
    rows = await tx.fetch(DUE, limit=AT_ONCE)
    for row in rows:
        warning = warning_codec.from_row(row)
        # Held first, and asked afterwards: nothing can happen to it in between.
        lead = await leads.locked(tx, warning.lead_id)
        if await _stands(tx, mine, warning):
            with suppress(Refused):  # what may not leave its owner stays, and keeps no other from returning
                await pool.put(tx, lead, warning.reason)
        await tx.execute(FORGET, lead_id=warning.lead_id, reason=warning.reason.value)
    return len(rows) == AT_ONCE


async def _stands(tx: Tx, mine: PoolRules, warning: Warning) -> bool:
    """Whether the rule is still in force, and nothing has happened that it would spare the lead for."""
    if warning.reason not in mine.in_force():
        return False
    if warning.reason is ReturnReason.OVER_QUOTA:
        held = await tx.fetch_value(HELD, owner_id=warning.owner_id)
        if held <= mine.holding_quota:
            return False
    found = await tx.fetch_value(
        STANDS(warning.reason),
        lead_id=warning.lead_id,
        owner_id=warning.owner_id,
        activity_time=warning.activity_time,
    )
    return found is not None


async def _warn(tx: Tx, mine: PoolRules, calendar: WorkingCalendar, reason: ReturnReason) -> bool:
    days = mine.days(reason)
    cut = calendar.days_before(tx.now, days - mine.notice_days) if days else tx.now
    bounds = {"quota": mine.holding_quota} if reason is ReturnReason.OVER_QUOTA else {"cut": cut}
    rows = await tx.fetch(DUE_SOON(reason), limit=AT_ONCE, **bounds)
    soonest = calendar.days_after(tx.now, mine.notice_days)
    for row in rows:
        due = max(soonest, calendar.days_after(row["stamp"], days)) if days else soonest
        warning = Warning(row["id"], row["owner_id"], reason, row["stamp"], due)
        await tx.execute(WARN, **warning_codec.to_row(warning))
        news = LeadWillReturn("lead", row["id"], company=row["company"], due=calendar.local_day(due), reason=reason)
        await notices.tell(tx, [row["owner_id"]], news)
    return len(rows) == AT_ONCE
