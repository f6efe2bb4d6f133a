"""Who may judge a lead on a board, and what a verdict needs."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.leads.leads.domain import Status
from services.leads.process.domain import Stage
from services.leads.review_boards.domain import (
    BoardClosed,
    NotReviewer,
    OwnReview,
    ReasonMissing,
    Review,
    ReviewBoard,
    ReviewFilter,
    ReviewJudged,
    Verdict,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
REP, REVIEWER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


def review():
    return Review(UUID(int=8), UUID(int=9), UUID(int=7), REP, Status.NEW, Stage.COLLECTED, 0, NOW, NOW)


def board():
    return ReviewBoard(UUID(int=9), "周评审", ReviewFilter(), 0, 1, 1, OTHER, None, [REVIEWER], 0, NOW, NOW)


@pytest.mark.parametrize("owner", [REP, OTHER])
def test_nobody_reviews_a_lead_that_they_own_or_owned(owner):
    for mine in {REP, owner}:
        with pytest.raises(OwnReview):
            review().judge(Verdict.PASS, "", "", mine, owner, NOW)


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.MEND])
def test_what_does_not_pass_has_a_reason(verdict):
    with pytest.raises(ReasonMissing):
        review().judge(verdict, "", "说明", REVIEWER, REP, NOW)


def test_a_verdict_is_given_once():
    judged = review()
    judged.judge(Verdict.PASS, "IGNORED", "好", REVIEWER, REP, NOW)
    assert (judged.verdict, judged.reason, judged.reviewer_id, judged.judge_time) == (Verdict.PASS, "", REVIEWER, NOW)
    with pytest.raises(ReviewJudged):
        judged.judge(Verdict.FAIL, "NO_CONTACT", "", REVIEWER, REP, NOW)


def test_reviewers_alone_judge_and_only_while_the_board_is_open():
    called = board()
    called.must_take(REVIEWER)
    with pytest.raises(NotReviewer):
        called.must_take(OTHER)
    assert called.close(NOW)
    assert not called.close(NOW)
    with pytest.raises(BoardClosed):
        called.must_take(REVIEWER)
