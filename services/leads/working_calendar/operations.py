"""The calendar as it stands: what ships, or what the tenant set in its place."""

from services.kit.database import Tx
from services.leads.working_calendar.domain import WorkingCalendar
from services.leads.working_calendar.store import OWN, SET, codec


async def current(tx: Tx) -> WorkingCalendar:
    """The tenant's calendar."""
    row = await tx.fetch_one(OWN)
    return codec.from_row(row) if row else WorkingCalendar()


async def set_calendar(tx: Tx, calendar: WorkingCalendar) -> WorkingCalendar:
    """Keep it. Refused: UNKNOWN_ZONE, HOURS_OVERLAP."""
    calendar.check()
    await tx.execute(SET, **codec.to_row(calendar))
    return calendar
