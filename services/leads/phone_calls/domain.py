"""Somebody to call, what came of it, and how well it was done."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Refused
from services.leads.checklists.domain import Checklist, Finding


class CallMade(Refused):
    """What came of it was said before."""

    en = "the call was made already: {result}"
    zh = "该通话已有结果：{result}"


class CallNotMade(Refused):
    """There is nothing to judge yet."""

    en = "the call has not been made"
    zh = "该通话尚未拨打，无法评分"


class OwnCall(Refused):
    """Nobody judges their own calls."""

    en = "you made the call; somebody else judges it"
    zh = "不能为自己的通话评分"


class CallJudged(Refused):
    """Somebody has judged it."""

    en = "the call was judged already: {quality}"
    zh = "该通话已评分：{quality}"


class Result(StrEnum):
    """What can come of a call."""

    CONNECTED = "CONNECTED"
    DECLINED = "DECLINED"
    NO_ANSWER = "NO_ANSWER"
    WRONG_NUMBER = "WRONG_NUMBER"


SPOKEN = (Result.CONNECTED, Result.DECLINED)
"""Somebody was spoken with."""


@dataclass
class PhoneCall:
    """A call that is on the list of a session: with a lead or with a contact."""

    id: UUID
    call_session_id: UUID
    number: int
    rep_id: UUID
    begin_time: datetime
    create_time: datetime
    update_time: datetime
    lead_id: UUID | None = None
    contact_id: UUID | None = None
    result: Result | None = None
    call_time: datetime | None = None
    duration_s: int = 0
    touchpoint_id: UUID | None = None
    quality: int | None = None
    rubric_version: int = 0
    findings: tuple[Finding, ...] = ()
    judged_by: UUID | None = None
    judge_time: datetime | None = None
    version: int = 1

    def record(self, result: Result, duration_s: int, at: datetime) -> None:
        """Say what came of it. Refused: CALL_MADE."""
        if self.result is not None:
            raise CallMade(result=self.result)
        self.result, self.duration_s, self.call_time = result, duration_s, at

    def judge(self, rubric: Checklist, answers: dict[str, str], by: UUID, at: datetime) -> None:
        """Say how well it was done. Refused: CALL_NOT_MADE, OWN_CALL, CALL_JUDGED, and answers the rubric refuses."""
        if self.result is None:
            raise CallNotMade
        if by == self.rep_id:
            raise OwnCall
        if self.quality is not None:
            raise CallJudged(quality=self.quality)
        self.findings = rubric.findings(answers)
        self.quality, _ = rubric.judge(self.findings)
        self.rubric_version, self.judged_by, self.judge_time = rubric.version, by, at


@dataclass(frozen=True)
class PhoneCallCount:
    """The calls of one rep, or of all."""

    rep_id: UUID | None
    listed: int
    calls: int
    connects: int
    judged: int
    average_quality: float | None

    @property
    def connect_rate(self) -> float | None:
        """The share of the calls in which somebody was spoken with."""
        return self.connects / self.calls if self.calls else None
