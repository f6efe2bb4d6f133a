"""Keep plans, and open the boards that fall due."""

from contextlib import suppress

from services.kit import roster
from services.kit.database import Tx
from services.leads.review_boards import operations as review_boards
from services.leads.review_boards.domain import NoLeadsToReview
from services.leads.review_plans.domain import PlanTaken, ReviewPlan
from services.leads.review_plans.store import ALL, DONE, IN_USE, NAMED, SET, codec
from services.leads.working_calendar import operations as working_calendar


async def set_plan(tx: Tx, plan: ReviewPlan) -> ReviewPlan:
    """Add it, change it, or take it out of use. Refused: NO_SUCH_DAY_OF_PERIOD, PLAN_TAKEN."""
    plan.recurrence.check()
    row = await tx.fetch_one(NAMED, code=plan.code)
    if row and row["convener_id"] != plan.convener_id and tx.principal.role != "BOSS":
        raise PlanTaken(code=plan.code)
    await tx.execute(SET, **codec.to_row(plan))
    return plan


async def plans(tx: Tx) -> list[ReviewPlan]:
    """All plans, by code."""
    return [codec.from_row(row) for row in await tx.fetch(ALL)]


async def open_due(tx: Tx) -> bool:
    """The periodic work: open the boards that have fallen due; there is never more of it."""
    found = [codec.from_row(row) for row in await tx.fetch(IN_USE)]
    calendar = await working_calendar.current(tx)
    due = [(plan, at) for plan in found if (at := plan.due(tx.now, calendar))]
    people = await roster.current(tx) if due else None
    for plan, at in due:
        convener = people.principal(plan.convener_id) if people else None
        call = review_boards.Call(
            title=f"{plan.title} {calendar.local_day(at)}",
            filter=plan.filter_at(at, calendar),
            sample=plan.sample,
            reviewers=plan.reviewers,
            task_days=plan.task_days,
            seed=int(at.timestamp()),
            plan=plan.code,
        )
        if convener is not None:
            with suppress(NoLeadsToReview):  # a period without leads has no board
                await review_boards.open_board(tx, convener, call)
        await tx.execute(DONE, of_code=plan.code, last_time=at)
    return False
