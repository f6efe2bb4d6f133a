"""How a checklist judges: by weights, by what rules out, and by nothing that is not in it."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.checklists.domain import CALL_QUALITY, PRESET, Answer, Checklist, Question, Verdict
from services.leads.checklists.refusals import AnswerTwice, NoWeight, QuestionTwice, QuestionUnanswered, UnknownAnswer

YES, NO = Answer("YES", "是", 100), Answer("NO", "否", 0)
NEED, BUDGET = Question("NEED", "需求", 3, (YES, NO)), Question("BUDGET", "预算", 1, (YES, NO))
MARKET = Question("MARKET", "目标市场", 0, (YES, replace(NO, knock_out=True)))
STANDARD = Checklist("GENERAL", "通用", 60, (NEED, BUDGET, MARKET))


def verdict(**answers):
    return STANDARD.judge(STANDARD.findings({"MARKET": "YES"} | answers))


def test_the_score_is_the_mean_weighted_by_the_questions_and_decides():
    assert verdict(NEED="YES", BUDGET="NO") == (75, Verdict.PASSED)
    assert verdict(NEED="NO", BUDGET="YES") == (25, Verdict.BELOW)


def test_an_answer_that_rules_out_does_so_whatever_the_score():
    assert verdict(NEED="YES", BUDGET="YES", MARKET="NO") == (100, Verdict.KNOCKED_OUT)


@pytest.mark.parametrize("answers", [{"NEED": "MAYBE"}, {"COLOUR": "YES"}])
def test_what_the_checklist_does_not_ask_is_refused(answers):
    with pytest.raises(UnknownAnswer):
        verdict(NEED="YES", BUDGET="YES") and verdict(**({"NEED": "YES", "BUDGET": "YES"} | answers))


def test_every_question_is_answered():
    with pytest.raises(QuestionUnanswered):
        verdict(NEED="YES")


@pytest.mark.parametrize(
    ("questions", "fault"),
    [((NEED, NEED), QuestionTwice), ((replace(NEED, answers=(YES, YES)),), AnswerTwice), ((MARKET,), NoWeight)],
)
def test_a_checklist_that_cannot_judge_is_refused(questions, fault):
    with pytest.raises(fault):
        Checklist("GENERAL", "通用", 60, questions)


def test_what_ships_can_be_passed_and_failed():
    for standard in PRESET:
        worst = Verdict.BELOW if standard.lead_type == CALL_QUALITY else Verdict.KNOCKED_OUT
        for pick, expected in ((max, Verdict.PASSED), (min, worst)):
            best = {q.code: pick(q.answers, key=lambda answer: answer.points).code for q in standard.questions}
            assert standard.judge(standard.findings(best))[1] is expected


@st.composite
def standards(draw):
    points = st.integers(0, 100)
    weights = draw(st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(any))
    questions = tuple(
        Question(f"Q{n}", "?", weight, tuple(Answer(f"A{m}", "!", draw(points)) for m in range(2)))
        for n, weight in enumerate(weights)
    )
    return Checklist("GENERAL", "通用", draw(points), questions)


@given(standards(), st.data())
def test_a_score_is_the_weighted_mean_and_never_falls_when_an_answer_gets_better(standard, data):
    chosen = {q.code: data.draw(st.sampled_from(q.answers)) for q in standard.questions}
    findings = standard.findings({code: answer.code for code, answer in chosen.items()})
    score, _ = standard.judge(findings)
    mean = Fraction(sum(q.weight * chosen[q.code].points for q in standard.questions), sum(f.weight for f in findings))
    assert 0 <= score <= 100
    assert Fraction(-1, 2) < mean - score < Fraction(1, 2) or score - mean == Fraction(1, 2)
    better = {q.code: max(q.answers, key=lambda answer: answer.points).code for q in standard.questions}
    assert standard.judge(standard.findings(better))[0] >= score
