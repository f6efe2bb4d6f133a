"""The calendar as it stands: what ships, or what the tenant set in its place."""

import logging
from datetime import date

from services.kit.database import Tx
from services.leads.working_calendar.domain import ANNOUNCED_UNTIL, WorkingCalendar, announcement_ends
from services.leads.working_calendar.store import OWN, SET, codec

log = logging.getLogger(__name__)


async def current(tx: Tx) -> WorkingCalendar:
    """The tenant's calendar."""
    row = await tx.fetch_one(OWN)
    return codec.from_row(row) if row else WorkingCalendar()


async def set_calendar(tx: Tx, calendar: WorkingCalendar) -> WorkingCalendar:
    """Keep it. Refused: UNKNOWN_ZONE, HOURS_OVERLAP."""
    calendar.check()
    await tx.execute(SET, **codec.to_row(calendar))
    return calendar


def warn_where_announcement_ends(today: date) -> None:
    """Tell the operator, once a process, that holidays are not known for much longer, or not any more."""
    if announcement_ends(today):
        log.warning(
            "statutory holidays are not known beyond this day: deadlines are counted by the week; update Dealtrail",
            extra={"announced_until": ANNOUNCED_UNTIL},
        )
