"""Something that one side of an account plan does by a day, and how far all of it is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.leads.account_plans.domain import PlanProgress
from services.leads.notices.domain import News

REMIND_DAYS = 3
"""So many days before it is due somebody is reminded of it."""


class Side(StrEnum):
    """Who does it."""

    OURS = "OURS"
    THEIRS = "THEIRS"


class Status(StrEnum):
    """Where an action stands."""

    OPEN = "OPEN"
    DONE = "DONE"
    DROPPED = "DROPPED"


class Reminder(StrEnum):
    """Of what its owner was reminded last."""

    NONE = "NONE"
    DUE = "DUE"
    OVERDUE = "OVERDUE"


class ActionSettled(Refused):
    """It was done or dropped already."""

    en = "the action is {status} already"
    zh = "该行动已了结（{status}）"


class ContactNotOfAccount(Invalid):
    """The contact is none of that customer."""

    field = "contact_id"
    en = "no such contact of this account"
    zh = "该客户没有这位联系人"


class PlanActionHandedOver(News):
    """Somebody is to see to an action."""

    zh = "客户「{account}」运营计划中有一项行动由您负责，{due_date} 到期"
    en = "You see to an action of the plan of the account {account}, due on {due_date}"


class PlanActionDue(News):
    """An action falls due soon."""

    zh = "客户「{account}」运营计划中您负责的一项行动将于 {due_date} 到期"
    en = "An action of the plan of the account {account} that you see to is due on {due_date}"


class PlanActionOverdue(News):
    """An action was not done by its day."""

    zh = "客户「{account}」运营计划中您负责的一项行动已逾期，应于 {due_date} 完成"
    en = "An action of the plan of the account {account} that you see to is overdue since {due_date}"


@dataclass
class PlanAction:
    """Something that one side does."""

    id: UUID
    account_plan_id: UUID
    account_id: UUID
    side: Side
    title: str
    owner_id: UUID
    due_date: date
    create_time: datetime
    update_time: datetime
    contact_id: UUID | None = None
    status: Status = Status.OPEN
    outcome: str = ""
    settle_date: date | None = None
    reminded: Reminder = Reminder.NONE
    merged_from: UUID | None = None
    """The account under which its plan was recorded, where that was merged into `account_id`."""
    version: int = 1

    def settle(self, status: Status, outcome: str, today: date) -> None:
        """It is done, or dropped. Refused: ACTION_SETTLED."""
        if self.status is not Status.OPEN:
            raise ActionSettled(status=self.status)
        self.status, self.outcome, self.settle_date = status, outcome, today

    def remind(self, today: date) -> type[News] | None:
        """What its owner is to be told today, and was not yet."""
        if self.status is not Status.OPEN:
            return None
        if self.due_date < today and self.reminded is not Reminder.OVERDUE:
            self.reminded = Reminder.OVERDUE
            return PlanActionOverdue
        if today <= self.due_date <= today + timedelta(days=REMIND_DAYS) and self.reminded is Reminder.NONE:
            self.reminded = Reminder.DUE
            return PlanActionDue
        return None

    def told(self) -> "PlanAction":
        """What may be told of it beyond those who see it."""
        return replace(self, title="", outcome="")


def progress(actions: Iterable[PlanAction], as_of: date) -> PlanProgress:
    """done / due: of what was due by the end of that day and not dropped by then, how much was done by then."""
    due = done = dropped = 0
    for one in actions:
        settled = one.settle_date is not None and one.settle_date <= as_of
        if settled and one.status is Status.DROPPED:
            dropped += 1
        elif one.due_date <= as_of:
            due += 1
            done += settled
    return PlanProgress(due, done, dropped, done / due if due else None)
