"""ReviewBoardsService over gRPC: decode, do one operation, encode."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import review_boards_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.replies import PageReply
from services.leads.review_boards import operations
from services.leads.review_boards.domain import ReviewBoard, ReviewCount, Verdict
from services.leads.review_boards.store import (
    board_codec,
    board_listing,
    boards,
    count_codec,
    figures,
    review_codec,
    review_listing,
)
from services.leads.values import day
from services.leads.working_calendar import operations as working_calendar


class ReviewBoardsServicer:
    """See proto/dealtrail/leads/v1/review_boards.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def OpenReviewBoard(self, request: pb.OpenReviewBoardRequest, tx: Tx) -> pb.ReviewBoard:
        named = request.reviewer_ids or [str(tx.principal.user_id)]
        call = operations.Call(
            title=request.title.strip(),
            filter=await operations.filter_of(tx, self._directory, request.filter),
            sample=request.sample,
            reviewers=[(await self._directory.owner(tx, one)).user_id for one in named],
            task_days=request.task_days,
            seed=request.seed,
        )
        return _board(await operations.open_board(tx, tx.principal, call))

    async def GetReviewBoard(self, request: pb.GetReviewBoardRequest, tx: Tx) -> pb.ReviewBoard:
        return _board(await boards.get(tx, UUID(request.id)))

    async def ListReviewBoards(self, request: pb.ListReviewBoardsRequest, tx: Tx) -> pb.ListReviewBoardsResponse:
        rows, token = await board_listing.page(tx, request)
        found = [_board(board_codec.from_row(row)) for row in rows]
        return pb.ListReviewBoardsResponse(boards=found, next_page_token=token)

    async def CloseReviewBoard(self, request: pb.CloseReviewBoardRequest, tx: Tx) -> pb.ReviewBoard:
        return _board(await operations.close(tx, UUID(request.id)))

    async def ListReviews(self, request: pb.ListReviewsRequest, tx: Tx) -> PageReply[pb.ListReviewsResponse]:
        return await review_listing.reply(tx, request, pb.ListReviewsResponse, review_codec)

    async def JudgeReview(self, request: pb.JudgeReviewRequest, tx: Tx) -> pb.Review:
        verdict = Verdict[pb.Review.Verdict.Name(request.verdict)]
        comment = request.comment.strip()
        return review_codec.to_message(await operations.judge(tx, UUID(request.id), verdict, request.reason, comment))

    async def GetReviewFigures(self, request: pb.GetReviewFiguresRequest, tx: Tx) -> pb.ReviewFigures:
        calendar = await working_calendar.current(tx)
        within: dict[str, Any] = {"board_id": UUID(request.board_id)} if request.board_id else {}
        for name, text in (("begin", getattr(request, "from")), ("end", request.to)):
            if text:
                within[name] = calendar.day_begins(day(text, "from" if name == "begin" else "to"))
        total, reps = await figures(tx, **within)
        return pb.ReviewFigures(total=_count(total), reps=map(_count, reps))


def _board(board: ReviewBoard) -> pb.ReviewBoard:
    """The board; its reviewers are those with whom it is shared."""
    told = board_codec.to_message(board)
    told.reviewer_ids.extend(map(str, board.collaborators))
    return told


def _count(count: ReviewCount) -> pb.ReviewCount:
    told = count_codec.to_message(count)
    for name in ("reviewed_share", "pass_share"):
        if (share := getattr(count, name)) is not None:
            setattr(told, name, share)
    return told
