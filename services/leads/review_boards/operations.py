"""Open a board, judge its leads, close it, and count what came of it."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import review_boards_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.errors import NotFound
from services.kit.ids import derived_id, new_id
from services.kit.principal import Principal
from services.leads.leads.domain import Lead
from services.leads.leads.store import leads
from services.leads.notices import operations as notices
from services.leads.review_boards.domain import (
    MOST_LEADS,
    NEWS,
    NoLeadsToReview,
    NotReviewer,
    Review,
    ReviewBoard,
    ReviewFilter,
    Verdict,
)
from services.leads.review_boards.store import boards, filter_codec, pick, reviews
from services.leads.tasks import operations as tasks
from services.leads.values import day
from services.leads.working_calendar import operations as working_calendar
from services.leads.working_calendar.domain import WorkingCalendar

SEEDS = 1 << 31


@dataclass(frozen=True)
class Call:
    """What a board is to review, and who does."""

    title: str
    filter: ReviewFilter
    sample: int
    reviewers: list[UUID]
    task_days: int
    seed: int = 0
    plan: str = ""


async def filter_of(tx: Tx, directory: Directory, message: pb.ReviewFilter) -> ReviewFilter:
    """Which leads to review. Refused: INVALID if a day is none of the calendar; UNKNOWN_OWNER."""
    if message.owner_id:
        await directory.owner(tx, message.owner_id)
    for name in ("captured_from", "captured_before"):
        if text := getattr(message, name):
            day(text, f"filter.{name}")
    return filter_codec.from_message(message)


async def open_board(tx: Tx, convener: Principal, call: Call) -> ReviewBoard:
    """Pick leads that the convener sees, and have them reviewed. Refused: NO_LEADS_TO_REVIEW."""
    calendar = await working_calendar.current(tx)
    seed = call.seed or 1 + secrets.randbelow(SEEDS)
    narrow = dict(_narrow(call.filter, calendar))
    if len(set(call.reviewers)) == 1:
        narrow["unless_owner"] = call.reviewers[0]
    picked = await pick(tx, convener, seed, call.sample or MOST_LEADS, **narrow)
    if not picked:
        raise NoLeadsToReview
    board = ReviewBoard(
        id=new_id(),
        title=call.title,
        filter=call.filter,
        sample=call.sample,
        seed=seed,
        leads=len(picked),
        owner_id=convener.user_id,
        team_id=convener.team_id,
        collaborators=call.reviewers,
        task_days=call.task_days,
        plan=call.plan,
        create_time=tx.now,
        update_time=tx.now,
    )
    await boards.add(tx, board)
    await reviews.add_new(tx, [_review(tx, board, row) for row in picked])
    return board


def _narrow(wanted: ReviewFilter, calendar: WorkingCalendar) -> Iterable[tuple[str, Any]]:
    for name in ("captured_from", "captured_before"):
        if day := getattr(wanted, name):
            yield name, calendar.day_begins(date.fromisoformat(day))
    for name in ("channel", "owner_id", "status", "stage"):
        if value := getattr(wanted, name):
            yield name, value


def _review(tx: Tx, board: ReviewBoard, row: Any) -> Review:
    return Review(
        id=new_id(),
        board_id=board.id,
        lead_id=row["id"],
        rep_id=row["owner_id"],
        status=row["status"],
        stage=row["stage"],
        score=row["score"],
        create_time=tx.now,
        update_time=tx.now,
    )


async def judge(tx: Tx, review_id: UUID, verdict: Verdict, reason: str, comment: str) -> Review:
    """Give the verdict on a lead, and let its owner know what is to be done."""
    review = await reviews.locked(tx, review_id)
    try:
        board = await boards.locked(tx, review.board_id)
    except NotFound:
        raise NotReviewer from None  # who sees a lead sees that it is reviewed, by others
    board.must_take(tx.principal.user_id)
    lead = await leads.get(tx, review.lead_id)
    review.judge(verdict, reason, comment, tx.principal.user_id, lead.owner_id, tx.now)
    calendar = await working_calendar.current(tx)
    review.waited_working_s = int(calendar.between(review.create_time, tx.now).total_seconds())
    await reviews.save(tx, review)
    if verdict in NEWS:
        await notices.tell(tx, [lead.owner_id], NEWS[verdict]("review", review.id, company=lead.company, reason=reason))
        if board.task_days:
            await _have_mended(tx, board, review, lead, calendar)
    return review


async def _have_mended(tx: Tx, board: ReviewBoard, review: Review, lead: Lead, calendar: WorkingCalendar) -> None:
    due = calendar.local_day(calendar.days_after(tx.now, board.task_days))
    title = f"整改 {lead.company}（{review.reason}）"[:200]
    await tasks.for_owner(tx, derived_id(review.id, "task"), lead, title, due)


async def close(tx: Tx, board_id: UUID) -> ReviewBoard:
    """Freeze a board."""
    board = await boards.locked(tx, board_id)
    if board.close(tx.now):
        await boards.save(tx, board)
    return board
