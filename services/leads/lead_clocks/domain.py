"""The clock of a lead: what starts it, what stops it, and what falls due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.leads.leads.domain import NOBODY, Lead, Status
from services.leads.notices.domain import News
from services.leads.sla_policies.domain import Policies
from services.leads.working_calendar.domain import WorkingCalendar


class LeadUnanswered(News):
    """Nobody got in touch in time."""

    zh = "线索「{company}」已超过首次响应时限，请尽快联系"
    en = "Nobody has got in touch with the lead {company} in time"


class LeadUndecided(News):
    """Nobody qualified, gave up or converted a lead in time."""

    zh = "线索「{company}」已超过处理时限，尚未判定、放弃或转化"
    en = "The lead {company} is undecided past its time limit"


class Due(StrEnum):
    """What may fall due."""

    RESPONSE = "RESPONSE"
    ESCALATION = "ESCALATION"
    DISPOSITION = "DISPOSITION"


@dataclass(frozen=True)
class Standing:
    """A lead as an event tells of it."""

    id: UUID
    version: int
    owner_id: UUID
    team_id: UUID | None
    channel: str
    undecided: bool
    capture_time: datetime
    at: datetime
    told: datetime


@dataclass
class LeadClock:
    """How long the lead has waited, and until when it may. Events may be told in any order."""

    id: UUID
    lead_id: UUID
    create_time: datetime
    update_time: datetime
    lead_version: int = 0
    held_by: UUID | None = None
    policy: str = ""
    start_time: datetime | None = None
    respond_by: datetime | None = None
    escalate_by: datetime | None = None
    dispose_by: datetime | None = None
    first_touch_time: datetime | None = None
    response_working_s: int = 0
    disposed_time: datetime | None = None
    response_breach_time: datetime | None = None
    escalate_time: datetime | None = None
    silent_time: datetime | None = None
    due_time: datetime | None = None
    version: int = 0

    def follow(self, lead: Standing, policies: Policies, calendar: WorkingCalendar) -> None:
        """Take over what is newer than what is known: start, stop, or run anew for another owner."""
        if lead.version <= self.lead_version:
            return
        began, moved = self.lead_version == 0, self.held_by != lead.owner_id
        self.lead_version, self.held_by = lead.version, lead.owner_id
        if began:
            self._start(lead, policies, calendar)
        if lead.undecided:
            if began or moved or self.disposed_time is not None:
                self._must_be_decided(lead, policies, calendar)
            self.disposed_time = None
        elif self.disposed_time is None:
            self.disposed_time, self.silent_time = lead.at, None
        self._settle()

    def touch(self, at: datetime, calendar: WorkingCalendar) -> None:
        """We got in touch; the earliest time counts."""
        if self.first_touch_time is None or at < self.first_touch_time:
            self.first_touch_time = at
            self._measure(calendar)
        self._settle()

    def pass_due(self, now: datetime) -> list[Due]:
        """What has fallen due by now, noted so that it is told once."""
        passed = [due for due, at in self._pending().items() if at <= now]
        for due in passed:
            if due is Due.RESPONSE:
                self.response_breach_time = now
            elif due is Due.ESCALATION:
                self.escalate_time = now
            else:
                self.silent_time = now
        self._settle()
        return passed

    def _start(self, lead: Standing, policies: Policies, calendar: WorkingCalendar) -> None:
        self.start_time = lead.capture_time
        self._measure(calendar)
        policy = policies.choose(lead.team_id, lead.channel)
        if policy is None:
            return
        self.policy = policy.code
        if policy.response_minutes:
            # Nobody can answer a lead before it is here, whenever it was captured.
            self.respond_by = calendar.after(lead.told, timedelta(minutes=policy.response_minutes))
            self.escalate_by = calendar.after(self.respond_by, timedelta(minutes=policy.escalate_minutes))

    def _must_be_decided(self, lead: Standing, policies: Policies, calendar: WorkingCalendar) -> None:
        policy = policies.named(self.policy)
        if policy is not None and policy.disposition_days:
            self.dispose_by = calendar.days_after(lead.told, policy.disposition_days)

    def _measure(self, calendar: WorkingCalendar) -> None:
        if self.start_time is not None and self.first_touch_time is not None:
            worked = calendar.between(self.start_time, self.first_touch_time)
            self.response_working_s = int(worked.total_seconds())

    def _pending(self) -> dict[Due, datetime]:
        """What will fall due if nothing happens, and when."""
        found: dict[Due, datetime] = {}
        if self.disposed_time is not None:
            return found
        if self.first_touch_time is None:
            if self.respond_by and self.response_breach_time is None:
                found[Due.RESPONSE] = self.respond_by
            if self.escalate_by and self.escalate_time is None:
                found[Due.ESCALATION] = self.escalate_by
        if self.dispose_by and (self.silent_time is None or self.silent_time < self.dispose_by):
            found[Due.DISPOSITION] = self.dispose_by
        return found

    def _settle(self) -> None:
        self.due_time = min(self._pending().values(), default=None)


def waits(lead: Lead) -> bool:
    """Whether somebody has the lead and has not decided what becomes of it."""
    return lead.status is Status.NEW and not lead.discard_request and lead.owner_id != NOBODY
