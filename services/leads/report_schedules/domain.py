"""When who gets the report on leads, and over which days."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.leads.notices.domain import News
from services.leads.recurrences.domain import Recurrence
from services.leads.working_calendar.domain import WorkingCalendar


class UnknownRecipient(Invalid):
    """A recipient is no active member of the tenant."""

    field = "recipient_ids"
    en = "a recipient is no active user"
    zh = "收件人不存在或已离职"


class ScheduleTaken(Refused):
    """The code is that of somebody else's schedule."""

    field = "code"
    en = "the schedule {code} is somebody else's"
    zh = "汇报计划 {code} 由他人设置"


class LeadReportDelivered(News):
    """A report on leads is there for the user."""

    zh = "《{title}》（{first} 至 {last}）已送达"
    en = "The report {title} ({first} to {last}) is there"


@dataclass(frozen=True)
class Occurrence:
    """A time at which a report fell due, and the days of capture that it is about: from the day of the time before
    until its own, which is not over yet."""

    at: datetime
    start: date
    end: date


@dataclass
class ReportSchedule:
    """When who gets the report."""

    code: str
    title: str
    recurrence: Recurrence
    recipients: list[UUID]
    author_id: UUID
    active: bool
    last_time: datetime

    def due(self, now: datetime, calendar: WorkingCalendar) -> Occurrence | None:
        """What is to be reported now: the last occurrence, unless it was; those missed before it are not."""
        found = self.recurrence.latest_two(now, calendar)
        if found is None or found[0] <= self.last_time:
            return None
        at, before = found
        return Occurrence(at, calendar.local_day(before), calendar.local_day(at))
