"""A board over a batch of leads, and the verdict on each."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.leads.leads.domain import Status
from services.leads.notices.domain import News
from services.leads.process.domain import Stage

MOST_LEADS = 1000
"""So many leads a board has at most."""


class NoLeadsToReview(Refused):
    """The filter leaves no lead that another than its owner could review."""

    field = "filter"
    en = "no lead is left to review; widen the filter or name another reviewer"
    zh = "没有可评审的线索，请放宽筛选条件或增加评审人"


class BoardClosed(Refused):
    """The board is frozen."""

    en = "the board is closed"
    zh = "评审已关闭"


class ReviewJudged(Refused):
    """Somebody has given the verdict."""

    en = "the verdict is {verdict} already"
    zh = "该线索已评审，结论为 {verdict}"


class NotReviewer(Refused):
    """The caller is none of those who review here."""

    en = "you are no reviewer of this board"
    zh = "您不是该评审的评审人"


class OwnReview(Refused):
    """Nobody reviews their own leads."""

    en = "you own the lead; somebody else reviews it"
    zh = "不能评审自己负责的线索"


class ReasonMissing(Invalid):
    """A lead does not pass, and nobody says why."""

    field = "reason"
    en = "say why the lead does not pass"
    zh = "未通过时请填写原因"


class LeadFailedReview(News):
    """A lead of the user's did not pass a review."""

    zh = "线索「{company}」评审未通过（{reason}）"
    en = "The lead {company} did not pass its review ({reason})"


class LeadToBeMended(News):
    """A lead of the user's is to be mended after a review."""

    zh = "线索「{company}」评审要求整改（{reason}）"
    en = "The lead {company} is to be mended after its review ({reason})"


class State(StrEnum):
    """Whether a board may still be judged."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Verdict(StrEnum):
    """What came of a review."""

    PASS = "PASS"  # noqa: S105 - a verdict
    FAIL = "FAIL"
    MEND = "MEND"


NEWS = {Verdict.FAIL: LeadFailedReview, Verdict.MEND: LeadToBeMended}


@dataclass(frozen=True)
class ReviewFilter:
    """Which leads to review: captured from a day, before a day, of a channel, an owner, a status, a stage."""

    captured_from: str = ""
    captured_before: str = ""
    channel: str = ""
    owner_id: UUID | None = None
    status: Status | None = None
    stage: Stage | None = None


@dataclass
class ReviewBoard:
    """A batch of leads, and who reviews it. Its owner is who convened it; its reviewers see it as collaborators do."""

    id: UUID
    title: str
    filter: ReviewFilter
    sample: int
    seed: int
    leads: int
    owner_id: UUID
    team_id: UUID | None
    collaborators: list[UUID]
    task_days: int
    create_time: datetime
    update_time: datetime
    plan: str = ""
    state: State = State.OPEN
    close_time: datetime | None = None
    version: int = 1

    def close(self, at: datetime) -> bool:
        """Freeze it; whether that is new."""
        if self.state is State.CLOSED:
            return False
        self.state, self.close_time = State.CLOSED, at
        return True

    def must_take(self, reviewer: UUID) -> None:
        """Refused: BOARD_CLOSED, NOT_REVIEWER."""
        if self.state is State.CLOSED:
            raise BoardClosed
        if reviewer not in self.collaborators:
            raise NotReviewer


@dataclass
class Review:
    """One lead on a board, as it was when the board was opened, and the verdict."""

    id: UUID
    board_id: UUID
    lead_id: UUID
    rep_id: UUID
    status: Status
    stage: Stage
    score: int
    create_time: datetime
    update_time: datetime
    verdict: Verdict | None = None
    reason: str = ""
    comment: str = field(default="", repr=False)
    reviewer_id: UUID | None = None
    judge_time: datetime | None = None
    waited_working_s: int = 0
    version: int = 1

    def judge(self, verdict: Verdict, reason: str, comment: str, by: UUID, owner_id: UUID, at: datetime) -> None:
        """Give the verdict; `owner_id` owns the lead now. Refused: REVIEW_JUDGED, OWN_REVIEW, REASON_MISSING."""
        if self.verdict is not None:
            raise ReviewJudged(verdict=self.verdict)
        if by in (self.rep_id, owner_id):
            raise OwnReview
        if verdict is not Verdict.PASS and not reason:
            raise ReasonMissing
        self.verdict, self.reason, self.comment = verdict, reason if verdict is not Verdict.PASS else "", comment
        self.reviewer_id, self.judge_time = by, at


@dataclass(frozen=True)
class ReviewCount:
    """The reviews of one rep's leads, or of all. How long they waited is in seconds."""

    rep_id: UUID | None
    leads: int
    reviewed: int
    passed: int
    latency_p50_s: float | None
    latency_p90_s: float | None
    working_latency_p50_s: float | None
    working_latency_p90_s: float | None

    @property
    def reviewed_share(self) -> float | None:
        """The share of the leads that was judged."""
        return self.reviewed / self.leads if self.leads else None

    @property
    def pass_share(self) -> float | None:
        """The share of those judged that passed."""
        return self.passed / self.reviewed if self.reviewed else None
