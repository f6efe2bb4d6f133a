"""When review boards are opened, and over which leads."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.kit.errors import Refused
from services.leads.recurrences.domain import Recurrence
from services.leads.review_boards.domain import ReviewFilter
from services.leads.working_calendar.domain import WorkingCalendar


class PlanTaken(Refused):
    """The code is that of a plan which opens boards in somebody else's name."""

    field = "code"
    en = "the plan {code} is somebody else's"
    zh = "评审计划 {code} 由他人设置"


@dataclass
class ReviewPlan:
    """When boards are opened, over what, and in whose name."""

    code: str
    title: str
    recurrence: Recurrence
    days: int
    filter: ReviewFilter
    sample: int
    reviewers: list[UUID]
    task_days: int
    convener_id: UUID
    active: bool
    last_time: datetime

    def due(self, now: datetime, calendar: WorkingCalendar) -> datetime | None:
        """The occurrence for which a board is to be opened now: the last one, if none was since."""
        last = self.recurrence.latest(now, calendar)
        return last if last is not None and last > self.last_time else None

    def filter_at(self, occurrence: datetime, calendar: WorkingCalendar) -> ReviewFilter:
        """Which leads: those captured in the days before the occurrence's own."""
        if not self.days:
            return self.filter
        until = calendar.local_day(occurrence)
        begin = until - timedelta(days=self.days)
        return replace(self.filter, captured_from=begin.isoformat(), captured_before=until.isoformat())
