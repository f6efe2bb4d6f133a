"""One time that a lead was given up, or was to be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Refused
from services.leads.discard_reasons.domain import DiscardReason
from services.leads.leads.domain import Lead, Status
from services.leads.notices.domain import News
from services.leads.raci_charts.domain import Party, RaciAssignment


class DiscardDecided(Refused):
    """There is nothing to decide any more."""

    en = "the discard is {state}; only one that is REQUESTED can be decided"
    zh = "该放弃申请当前为 {state}，只有待复核的申请可以处理"


class OwnDiscard(Refused):
    """Whoever asks for a second look does not take it."""

    en = "you asked for this discard; somebody else decides it"
    zh = "不能复核自己提出的放弃申请"


class DiscardRequested(News):
    """A discard waits for the second look of the user."""

    zh = "放弃线索「{company}」的申请等待您复核"
    en = "Giving up the lead {company} waits for your second look"


class DiscardConfirmed(News):
    """Somebody has agreed to give up what the user asked to."""

    zh = "放弃线索「{company}」的申请已通过"
    en = "Giving up the lead {company} was agreed to"


class DiscardRejected(News):
    """Somebody has not agreed, and the lead is worked on; why stands with the discard."""

    zh = "放弃线索「{company}」的申请被退回，请继续跟进"
    en = "Giving up the lead {company} was not agreed to; it is worked on"


class State(StrEnum):
    """What has become of a discard."""

    REQUESTED = "REQUESTED"
    STANDS = "STANDS"
    REJECTED = "REJECTED"
    REOPENED = "REOPENED"


@dataclass
class Discard:
    """Who gave the lead up, or asked to, why, and what came of it."""

    id: UUID
    lead_id: UUID
    reason: str
    from_status: Status
    state: State
    requested_by: UUID | None
    create_time: datetime
    update_time: datetime
    decided_by: UUID | None = None
    decide_time: datetime | None = None
    decide_why: str = ""
    reopened_by: UUID | None = None
    reopen_time: datetime | None = None
    reopen_why: str = ""
    version: int = 1

    def decide(self, state: State, by: UUID, at: datetime, why: str = "") -> None:
        """Take the second look. Refused: DISCARD_DECIDED, OWN_DISCARD."""
        if self.state is not State.REQUESTED:
            raise DiscardDecided(state=self.state)
        if by == self.requested_by:
            raise OwnDiscard
        self.state, self.decided_by, self.decide_time, self.decide_why = state, by, at, why

    def reopen(self, by: UUID, at: datetime, why: str) -> None:
        """The lead was taken up again."""
        self.state, self.reopened_by, self.reopen_time, self.reopen_why = State.REOPENED, by, at, why


def needs_second_look(
    reason: DiscardReason, lead: Lead, user_id: UUID, role: str, decider: RaciAssignment | None = None
) -> bool:
    """Whether somebody else must agree: whoever a RACI chart names for it, else a manager where the lead is another's.

    Never above the boss, and an exclusive lead exists for nobody who could look at it.
    """
    if not reason.second_look or role == "BOSS" or lead.exclusive:
        return False
    if decider is not None and decider.party is not Party.MANAGER:
        return not decider.held_by(user_id, role, lead.owner_id)
    return role != "MANAGER" or lead.owner_id == user_id
