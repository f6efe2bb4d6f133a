"""A checklist, and how it judges a lead by answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.leads.checklists.refusals import AnswerTwice, NoWeight, QuestionTwice, QuestionUnanswered, UnknownAnswer

GENERAL = "GENERAL"
"""The type by whose checklist leads are judged that have none of their own."""


class Verdict(StrEnum):
    """What came of a judgement."""

    PASSED = "PASSED"
    BELOW = "BELOW"
    KNOCKED_OUT = "KNOCKED_OUT"


@dataclass(frozen=True)
class Answer:
    """One answer that a question allows, and whether it alone rules a lead out."""

    code: str
    label: str
    points: int
    knock_out: bool = False


@dataclass(frozen=True)
class Question:
    """One question, and how much it counts beside the others."""

    code: str
    label: str
    weight: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Finding:
    """What one answer added to a score."""

    question: str
    answer: str
    weight: int
    points: int
    knock_out: bool


@dataclass(frozen=True)
class Judgement:
    """One time that a lead was judged."""

    id: UUID
    lead_id: UUID
    lead_type: str
    checklist_version: int
    score: int
    verdict: Verdict
    findings: tuple[Finding, ...]
    judged_by: UUID
    create_time: datetime


@dataclass(frozen=True)
class Checklist:
    """One version of the standard for one type of leads. It never changes."""

    lead_type: str
    label: str
    pass_score: int
    questions: tuple[Question, ...]
    version: int = 0
    created_by: UUID | None = None
    create_time: datetime | None = None

    def __post_init__(self) -> None:
        """Refused: QUESTION_TWICE, ANSWER_TWICE, NO_WEIGHT."""
        if twice := _twice(question.code for question in self.questions):
            raise QuestionTwice(question=twice)
        for question in self.questions:
            if twice := _twice(answer.code for answer in question.answers):
                raise AnswerTwice(question=question.code, answer=twice)
        if not sum(question.weight for question in self.questions):
            raise NoWeight

    def findings(self, given: Mapping[str, str]) -> tuple[Finding, ...]:
        """What the answers, by question, add up from. Refused: UNKNOWN_ANSWER, QUESTION_UNANSWERED."""
        known = {(q.code, a.code): Finding(q.code, a.code, q.weight, a.points, a.knock_out) for q, a in self._pairs()}
        for pair in given.items():
            if pair not in known:
                raise UnknownAnswer(question=pair[0], answer=pair[1])
        for question in self.questions:
            if question.code not in given:
                raise QuestionUnanswered(question=question.code)
        return tuple(known[question.code, given[question.code]] for question in self.questions)

    def judge(self, findings: Iterable[Finding]) -> tuple[int, Verdict]:
        """The score, which is the weighted mean of the points rounded half up, and what comes of it."""
        found = tuple(findings)
        weight = sum(one.weight for one in found)
        score = (2 * sum(one.weight * one.points for one in found) + weight) // (2 * weight)
        if any(one.knock_out for one in found):
            return score, Verdict.KNOCKED_OUT
        return score, Verdict.PASSED if score >= self.pass_score else Verdict.BELOW

    def _pairs(self) -> Iterable[tuple[Question, Answer]]:
        return ((question, answer) for question in self.questions for answer in question.answers)


def _twice(codes: Iterable[str]) -> str:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            return code
        seen.add(code)
    return ""


_NEED = Question(
    "NEED",
    "客户的需求是否明确",
    30,
    (
        Answer("URGENT", "有明确且紧迫的问题要解决", 100),
        Answer("CLEAR", "需求明确，不紧迫", 70),
        Answer("VAGUE", "只有意向，需求不清", 30),
        Answer("NONE", "没有需求", 0, knock_out=True),
    ),
)
_BUDGET = Question(
    "BUDGET",
    "预算情况",
    25,
    (
        Answer("APPROVED", "预算已批", 100),
        Answer("PLANNED", "预算在计划中", 60),
        Answer("UNKNOWN", "尚不清楚", 30),
        Answer("NONE", "没有预算", 0),
    ),
)
_AUTHORITY = Question(
    "AUTHORITY",
    "联系人在采购决策中的角色",
    25,
    (
        Answer("DECIDES", "决策人", 100),
        Answer("INFLUENCES", "能影响决策", 70),
        Answer("USES", "使用人", 40),
        Answer("UNKNOWN", "尚不清楚", 10),
    ),
)
_TIMING = Question(
    "TIMING",
    "计划采购时间",
    20,
    (
        Answer("THIS_QUARTER", "三个月内", 100),
        Answer("THIS_YEAR", "一年内", 60),
        Answer("LATER", "一年以后", 20),
        Answer("UNKNOWN", "没有计划", 0),
    ),
)
_MARKET = Question(
    "MARKET",
    "是否属于目标市场",
    0,
    (Answer("YES", "属于", 100), Answer("NO", "不属于", 0, knock_out=True)),
)
_REFERRER = Question(
    "REFERRER",
    "转介绍人与客户的关系",
    20,
    (Answer("CLOSE", "熟识决策人", 100), Answer("KNOWN", "认识联系人", 60), Answer("WEAK", "只知道名字", 20)),
)
_OPENING = Question(
    "OPENING",
    "开场是否清楚、得体",
    20,
    (Answer("GOOD", "自我介绍与来意清楚", 100), Answer("PARTLY", "有遗漏", 50), Answer("POOR", "没有说明", 0)),
)
_SCRIPT = Question(
    "SCRIPT",
    "是否按话术进行",
    25,
    (Answer("KEPT", "要点齐全", 100), Answer("PARTLY", "遗漏部分要点", 50), Answer("LEFT", "未按话术", 0)),
)
_ASKED = Question(
    "ASKED",
    "是否问清需求、预算与决策人",
    30,
    (Answer("ALL", "全部问清", 100), Answer("SOME", "问到部分", 50), Answer("NONE", "没有提问", 0)),
)
_NEXT_STEP = Question(
    "NEXT_STEP",
    "是否约定下一步",
    25,
    (Answer("DATED", "约定了时间", 100), Answer("VAGUE", "只有意向", 40), Answer("NONE", "没有约定", 0)),
)
CALL_QUALITY = "CALL_QUALITY"
OF_NO_LEADS = frozenset({CALL_QUALITY})
"""Checklists by which no lead is judged: their names are of no type of lead."""
"""The checklist by which not leads but phone calls are judged."""
PRESET = (
    Checklist(GENERAL, "通用", 60, (_MARKET, _NEED, _BUDGET, _AUTHORITY, _TIMING)),
    Checklist("INBOUND", "主动咨询", 50, (_MARKET, _NEED, _BUDGET, _TIMING)),
    Checklist("OUTBOUND", "主动开发", 60, (_MARKET, _NEED, _BUDGET, _AUTHORITY, _TIMING)),
    Checklist("REFERRAL", "转介绍", 50, (_MARKET, _NEED, _AUTHORITY, _REFERRER)),
    Checklist(CALL_QUALITY, "电话质量", 60, (_OPENING, _SCRIPT, _ASKED, _NEXT_STEP)),
)
"""What ships: need, budget, authority and timing, as the sales trade has asked since BANT, which judge leads once
published; and how a call is done, which judges until another is published."""
