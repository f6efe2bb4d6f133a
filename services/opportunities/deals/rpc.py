"""The part of DealsService that reads and changes deals, over gRPC: decode, do one operation, encode."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from dealtrail.opportunities.v1 import deals_pb2 as pb
from dealtrail.opportunities.v1 import history_pb2

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.errors import Violated
from services.kit.money import CENT, Money
from services.kit.replies import PageReply, RowReply
from services.opportunities.deals import operations
from services.opportunities.deals.domain import NothingForecast
from services.opportunities.deals.store import codec, deals, listing
from services.opportunities.history.domain import Deed, Grade, Value, stays
from services.opportunities.history.store import (
    change_codec,
    forecast_changes,
    stage_moves,
    stay_codec,
    triage_codec,
    triages,
)

FIRST, LAST = date(1900, 1, 1), date(9998, 12, 31)
"""Between them there is room to count months on."""


class RunningDealsServicer:
    """See proto/dealtrail/opportunities/v1/deals.proto. Deals are made in `openings`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def GetDeal(self, request: pb.GetDealRequest, tx: Tx) -> RowReply[pb.Deal]:
        return codec.reply(await deals.row(tx, UUID(request.id)))

    async def ListDeals(self, request: pb.ListDealsRequest, tx: Tx) -> PageReply[pb.ListDealsResponse]:
        return await listing.reply(tx, request, pb.ListDealsResponse, codec)

    async def AdvanceDeal(self, request: pb.AdvanceDealRequest, tx: Tx) -> pb.Deal:
        deed = _deed(tx, request, "advance_time", request.why)
        return codec.to_message(await operations.advance(tx, UUID(request.id), request.stage, deed))

    async def RegressDeal(self, request: pb.RegressDealRequest, tx: Tx) -> pb.Deal:
        deed = _deed(tx, request, "regress_time", request.why)
        return codec.to_message(await operations.regress(tx, UUID(request.id), request.stage, deed))

    async def WinDeal(self, request: pb.WinDealRequest, tx: Tx) -> pb.Deal:
        deed = _deed(tx, request, "close_time")
        return codec.to_message(await operations.win(tx, UUID(request.id), money(request, "amount"), deed))

    async def LoseDeal(self, request: pb.LoseDealRequest, tx: Tx) -> pb.Deal:
        deed = _deed(tx, request, "close_time")
        return codec.to_message(await operations.lose(tx, UUID(request.id), request.reason, deed))

    async def TriageDeal(self, request: pb.TriageDealRequest, tx: Tx) -> pb.Deal:
        deal = await operations.judge(
            tx,
            UUID(request.id),
            Value[history_pb2.Triage.Value.Name(request.value)] if request.value else None,
            Grade[history_pb2.Triage.Grade.Name(request.grade)] if request.grade else None,
            money(request, "amount"),
            request.quantity if request.HasField("quantity") else None,
            _deed(tx, request, "judge_time", request.why),
        )
        return codec.to_message(deal)

    async def ForecastDeal(self, request: pb.ForecastDealRequest, tx: Tx) -> pb.Deal:
        given: dict[str, Any] = {}
        if request.HasField("amount"):
            given["amount"] = money(request, "amount")
        if request.HasField("quantity"):
            given["quantity"] = request.quantity
        if request.HasField("expected_sign_date"):
            given["expected_sign_date"] = day(request.expected_sign_date)
        if not given:
            raise NothingForecast
        deed = _deed(tx, request, "change_time", request.why)
        return codec.to_message(await operations.expect(tx, UUID(request.id), given, deed))

    async def AssignDeal(self, request: pb.AssignDealRequest, tx: Tx) -> pb.Deal:
        return codec.to_message(await operations.assign(tx, self._directory, UUID(request.id), request.owner_id))

    async def ShareDeal(self, request: pb.ShareDealRequest, tx: Tx) -> pb.Deal:
        users = [UUID(user) for user in request.collaborators]
        return codec.to_message(await operations.share(tx, self._directory, UUID(request.id), users))

    async def ListStageMoves(self, request: pb.ListStageMovesRequest, tx: Tx) -> pb.ListStageMovesResponse:
        deal = await deals.get(tx, UUID(request.deal_id))
        moves = await stage_moves.of(tx, deal.id)
        found = [stay_codec.to_message(stay) for stay in stays(moves, deal.close_time, tx.now)]
        return pb.ListStageMovesResponse(moves=found)

    async def ListTriages(self, request: pb.ListTriagesRequest, tx: Tx) -> pb.ListTriagesResponse:
        deal = await deals.get(tx, UUID(request.deal_id))
        found = [triage_codec.to_message(triage) for triage in await triages.of(tx, deal.id)]
        return pb.ListTriagesResponse(triages=found)

    async def ListForecastChanges(
        self, request: pb.ListForecastChangesRequest, tx: Tx
    ) -> pb.ListForecastChangesResponse:
        deal = await deals.get(tx, UUID(request.deal_id))
        found = [change_codec.to_message(change) for change in await forecast_changes.of(tx, deal.id)]
        return pb.ListForecastChangesResponse(changes=found)


def _deed(tx: Tx, request: Any, time: str, why: str = "") -> Deed:
    return Deed(tx.principal.user_id, instant(tx, request, time), why.strip())


def instant(tx: Tx, message: Any, field: str) -> datetime:
    """The time in that field; now if it is not set."""
    return from_timestamp(getattr(message, field)) if message.HasField(field) else tx.now


def money(message: Any, field: str) -> Money | None:
    """The amount in that field with two places, if it is set."""
    if not message.HasField(field):
        return None
    given = getattr(message, field)
    return Money(Decimal(given.amount).quantize(CENT), given.currency)


def day(text: str) -> date | None:
    """The date that is written there, if any. Refused: INVALID if the calendar has no such day, or nobody has a use."""
    if not text:
        return None
    try:
        if FIRST <= (found := date.fromisoformat(text)) <= LAST:
            return found
    except ValueError:
        pass
    raise Violated(("expected_sign_date", "is no day of the calendar", "不是有效日期"))
