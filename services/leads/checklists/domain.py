"""A checklist, and how it judges a lead by answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused

GENERAL = "GENERAL"
"""The type by whose checklist leads are judged that have none of their own."""


class QuestionTwice(Invalid):
    """Two questions of a checklist have one code."""

    field = "questions"
    en = "the question {question} stands there twice"
    zh = "问题 {question} 重复"


class AnswerTwice(Invalid):
    """Two answers of a question have one code."""

    field = "questions"
    en = "the question {question} has the answer {answer} twice"
    zh = "问题 {question} 的答案 {answer} 重复"


class NoWeight(Invalid):
    """No question counts, so there is no score."""

    field = "questions"
    en = "at least one question must have a weight"
    zh = "至少一个问题的权重应大于零"


class NoPreset(Refused):
    """Nothing ships for that type."""

    field = "questions"
    en = "no checklist ships for {lead_type}; give its questions"
    zh = "{lead_type} 没有预置的判断规范，请给出问题"


class NoChecklist(Refused):
    """There are answers and nothing to judge them by."""

    field = "answers"
    en = "no checklist is published for leads of this type; give a score"
    zh = "该类线索尚未发布判断规范，请直接给出评分"


class AnswersRequired(Refused):
    """Leads of that type are judged by the company's checklist, not by anybody's opinion."""

    field = "answers"
    en = "leads of this type are judged by the checklist {lead_type}; answer its questions"
    zh = "该类线索须按公司判断规范 {lead_type} 评估，请回答其中的问题"


class QuestionUnanswered(Invalid):
    """A question of the checklist has no answer."""

    field = "answers"
    en = "the question {question} is not answered"
    zh = "问题 {question} 未回答"


class UnknownAnswer(Invalid):
    """The checklist has no such question, or the question no such answer."""

    field = "answers"
    en = "the checklist has no answer {answer} to a question {question}"
    zh = "判断规范中问题 {question} 没有答案 {answer}"


class ChecklistChanged(Refused):
    """The answers are those to another version."""

    field = "checklist_version"
    en = "the checklist is at version {version} now; answer that"
    zh = "判断规范现为第 {version} 版，请按该版回答"


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
PRESET = (
    Checklist(GENERAL, "通用", 60, (_MARKET, _NEED, _BUDGET, _AUTHORITY, _TIMING)),
    Checklist("INBOUND", "主动咨询", 50, (_MARKET, _NEED, _BUDGET, _TIMING)),
    Checklist("OUTBOUND", "主动开发", 60, (_MARKET, _NEED, _BUDGET, _AUTHORITY, _TIMING)),
    Checklist("REFERRAL", "转介绍", 50, (_MARKET, _NEED, _AUTHORITY, _REFERRER)),
)
"""What ships: need, budget, authority and timing, as the sales trade has asked since BANT. It judges once published."""
