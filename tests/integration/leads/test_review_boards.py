"""Leads are reviewed by others than their owners, in batches that can be drawn again, by hand and each week."""

import pytest
from dealtrail.leads.v1 import leads_pb2, notices_pb2, recurrences_pb2, review_plans_pb2, tasks_pb2
from dealtrail.leads.v1 import review_boards_pb2 as pb

from services.kit.testing import Refusal
from services.leads.review_plans.operations import open_due


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def recorded(leads, who, count, channel="展会"):
    made = [leads_pb2.CreateLeadRequest(company=f"云杉 {number}", channel=channel) for number in range(count)]
    await leads(who, "BatchCreateLeads", leads_pb2.BatchCreateLeadsRequest(leads=made))


async def opened(leads, who, **told):
    return await leads(who, "OpenReviewBoard", pb.OpenReviewBoardRequest(title="周评审", **told))


async def reviews_of(leads, who, board):
    return (await leads(who, "ListReviews", pb.ListReviewsRequest(board_id=board.id))).reviews


async def test_the_same_seed_draws_the_same_leads_out_of_those_that_the_convener_sees(leads, company):
    await recorded(leads, company.rep, 12)
    await recorded(leads, company.other_rep, 5)
    drawn = [await opened(leads, company.manager, sample=4, seed=seed) for seed in (7, 7, 8, 9, 10, 11)]
    picks = [{one.lead_id for one in await reviews_of(leads, company.manager, board)} for board in drawn]
    assert [len(pick) for pick in picks] == [4] * 6
    assert picks[0] == picks[1]
    # Two seeds draw the same 4 of 12 once in 495 times; that all five do is one chance in 6 * 10^10.
    assert any(pick != picks[0] for pick in picks[2:])
    assert (drawn[0].seed, drawn[0].sample, drawn[0].leads) == (7, 4, 4)
    whole = await opened(leads, company.manager)
    assert (whole.leads, whole.seed > 0) == (12, True)
    nothing = pb.ReviewFilter(channel="官网")
    assert await refusal(opened(leads, company.manager, filter=nothing)) == "NO_LEADS_TO_REVIEW"
    stranger = [str(company.stranger.user_id)]
    assert await refusal(opened(leads, company.manager, reviewer_ids=stranger)) == "UNKNOWN_OWNER"
    get = pb.GetReviewBoardRequest(id=whole.id)
    for who in (company.other_rep, company.stranger):
        assert await refusal(leads(who, "GetReviewBoard", get)) == "NOT_FOUND"
        assert await reviews_of(leads, who, whole) == []


async def test_nobody_reviews_their_own_lead_and_a_closed_board_is_frozen(leads, company):
    await recorded(leads, company.rep, 2)
    await recorded(leads, company.manager, 1, channel="官网")
    alone = await opened(leads, company.manager)
    assert alone.leads == 2  # the manager's own lead needs another reviewer
    both = [str(company.manager.user_id), str(company.boss.user_id)]
    board = await opened(leads, company.boss, reviewer_ids=both, task_days=2)
    assert board.leads == 3
    found = {one.rep_id: one for one in await reviews_of(leads, company.boss, board)}
    mine, theirs = found[str(company.manager.user_id)], found[str(company.rep.user_id)]

    def judge(review, verdict, **told):
        return pb.JudgeReviewRequest(id=review.id, verdict=verdict, **told)

    passed = judge(mine, pb.Review.PASS)
    assert await refusal(leads(company.manager, "JudgeReview", passed)) == "OWN_REVIEW"
    assert (await leads(company.boss, "JudgeReview", passed)).verdict == pb.Review.PASS
    mend = judge(theirs, pb.Review.MEND, reason="NO_CONTACT", comment="没有联系人")
    assert await refusal(leads(company.rep, "JudgeReview", mend)) == "NOT_REVIEWER"
    judged = await leads(company.manager, "JudgeReview", mend)
    assert (judged.reason, judged.comment) == ("NO_CONTACT", "没有联系人")
    mended = notices_pb2.ListNoticesRequest(kind="LEAD_TO_BE_MENDED")
    [notice] = (await leads(company.rep, "ListNotices", mended)).notices
    assert (notice.kind, notice.subject_id, notice.facts["reason"]) == ("LEAD_TO_BE_MENDED", theirs.id, "NO_CONTACT")
    [task] = (await leads(company.rep, "ListTasks", tasks_pb2.ListTasksRequest())).tasks
    assert task.lead_id == theirs.lead_id
    figures = await leads(company.boss, "GetReviewFigures", pb.GetReviewFiguresRequest(board_id=board.id))
    assert (figures.total.leads, figures.total.reviewed, figures.total.passed) == (3, 2, 1)
    assert figures.total.reviewed_share == pytest.approx(2 / 3)
    assert (figures.total.pass_share, figures.reps[0].rep_id) == (0.5, str(company.rep.user_id))
    assert 0 < figures.total.latency_p50_s <= figures.total.latency_p90_s
    assert not figures.reps[0].HasField("pass_share") or figures.reps[0].pass_share == 0
    closed = await leads(company.boss, "CloseReviewBoard", pb.CloseReviewBoardRequest(id=board.id))
    assert closed.state == pb.ReviewBoard.CLOSED
    left = next(one for one in await reviews_of(leads, company.boss, board) if not one.verdict)
    late = judge(left, pb.Review.PASS)
    assert await refusal(leads(company.boss, "JudgeReview", late)) == "BOARD_CLOSED"
    again = await leads(company.boss, "GetReviewFigures", pb.GetReviewFiguresRequest(board_id=board.id))
    assert again == figures


async def test_a_weekly_plan_opens_one_board_however_many_weeks_were_missed(leads, company, roster_known, periodically):
    weekly = recurrences_pb2.Recurrence(every=recurrences_pb2.Recurrence.WEEK, day=1, at="09:00")
    plan = review_plans_pb2.SetReviewPlanRequest(
        code="WEEKLY", title="周评审", recurrence=weekly, sample=2, days=60, active=True
    )
    await leads(company.manager, "SetReviewPlan", plan)
    await recorded(leads, company.rep, 3)
    await periodically(open_due)
    boards = pb.ListReviewBoardsRequest(plan="WEEKLY")
    assert (await leads(company.manager, "ListReviewBoards", boards)).boards == []
    for _ in range(2):
        await periodically(open_due, days=35)
        [board] = (await leads(company.manager, "ListReviewBoards", boards)).boards
    assert (board.leads, board.owner_id) == (2, str(company.manager.user_id))
    wrong = review_plans_pb2.SetReviewPlanRequest(code="WRONG", title="评审", recurrence=weekly)
    wrong.recurrence.day = 8
    assert await refusal(leads(company.manager, "SetReviewPlan", wrong)) == "NO_SUCH_DAY_OF_PERIOD"
