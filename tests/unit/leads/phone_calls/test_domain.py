"""A call comes to one result and is judged once, by somebody else."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.leads.checklists.domain import CALL_QUALITY, PRESET
from services.leads.checklists.refusals import QuestionUnanswered
from services.leads.phone_calls.domain import (
    CallJudged,
    CallMade,
    CallNotMade,
    OwnCall,
    PhoneCall,
    PhoneCallCount,
    Result,
)

NOW, REP, BOSS = datetime(2026, 3, 2, 9, tzinfo=UTC), UUID(int=1), UUID(int=2)
[RUBRIC] = [one for one in PRESET if one.lead_type == CALL_QUALITY]
ANSWERS = {"OPENING": "GOOD", "SCRIPT": "PARTLY", "ASKED": "ALL", "NEXT_STEP": "VAGUE"}


def listed():
    return PhoneCall(UUID(int=3), UUID(int=4), 1, REP, NOW, NOW, NOW, lead_id=UUID(int=5))


def test_a_call_comes_to_one_result():
    call = listed()
    call.record(Result.NO_ANSWER, 0, NOW)
    with pytest.raises(CallMade):
        call.record(Result.CONNECTED, 60, NOW)


def test_the_quality_is_the_mean_of_the_answers_by_weight():
    call = listed()
    call.record(Result.CONNECTED, 60, NOW)
    call.judge(RUBRIC, ANSWERS, BOSS, NOW)
    # (20 * 100 + 25 * 50 + 30 * 100 + 25 * 40) / 100 = 72.5, rounded half up
    assert (call.quality, [one.points for one in call.findings]) == (73, [100, 50, 100, 40])
    with pytest.raises(CallJudged):
        call.judge(RUBRIC, ANSWERS, BOSS, NOW)


def test_only_a_call_that_was_made_is_judged_and_by_another():
    call = listed()
    with pytest.raises(CallNotMade):
        call.judge(RUBRIC, ANSWERS, BOSS, NOW)
    call.record(Result.DECLINED, 60, NOW)
    with pytest.raises(OwnCall):
        call.judge(RUBRIC, ANSWERS, REP, NOW)
    with pytest.raises(QuestionUnanswered):
        call.judge(RUBRIC, {"OPENING": "GOOD"}, BOSS, NOW)
    assert call.quality is None


def test_a_rate_is_not_known_without_calls():
    assert PhoneCallCount(None, 3, 0, 0, 0, None).connect_rate is None
    assert PhoneCallCount(None, 3, 2, 1, 0, None).connect_rate == 0.5
