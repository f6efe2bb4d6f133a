"""ReceivablesService over gRPC: decode, do one operation, encode."""

from datetime import date
from typing import Any

from dealtrail.contracts.v1 import receivables_pb2 as pb

from services.contracts import days
from services.contracts.receivables import operations
from services.contracts.receivables.domain import period, total
from services.contracts.receivables.store import (
    CONTRACT_FILTERS,
    aged_codec,
    codec,
    collected_codec,
    listing,
    outstanding_codec,
    total_codec,
)
from services.kit.database import Tx
from services.kit.replies import PageReply

WINDOW_DAYS = 90


class ReceivablesServicer:
    """See proto/dealtrail/contracts/v1/receivables.proto."""

    async def ListReceivables(
        self, request: pb.ListReceivablesRequest, tx: Tx
    ) -> PageReply[pb.ListReceivablesResponse]:
        return await listing.reply(tx, request, pb.ListReceivablesResponse, codec, as_of=_as_of(request, tx))

    async def GetAging(self, request: pb.GetAgingRequest, tx: Tx) -> pb.Aging:
        as_of = _as_of(request, tx)
        aged = await operations.aging(tx, as_of, _only(request))
        return pb.Aging(
            as_of=str(as_of),
            buckets=[aged_codec.to_message(one) for one in aged],
            totals=[total_codec.to_message(one) for one in total(aged)],
        )

    async def GetCollection(self, request: pb.GetCollectionRequest, tx: Tx) -> pb.Collection:
        start, end = period(
            days.parse_optional(request.start_date, "start_date"),
            days.parse_optional(request.end_date, "end_date"),
            days.day_of(tx.now),
        )
        figures = await operations.collection(tx, start, end, _only(request))
        return pb.Collection(
            start_date=str(start), end_date=str(end), figures=[collected_codec.to_message(one) for one in figures]
        )

    async def GetDaysSalesOutstanding(
        self, request: pb.GetDaysSalesOutstandingRequest, tx: Tx
    ) -> pb.DaysSalesOutstanding:
        as_of, window = _as_of(request, tx), request.days or WINDOW_DAYS
        figures = await operations.days_sales_outstanding(tx, as_of, window, _only(request))
        return pb.DaysSalesOutstanding(
            as_of=str(as_of), days=window, figures=[outstanding_codec.to_message(one) for one in figures]
        )


def _as_of(request: Any, tx: Tx) -> date:
    return days.parse_optional(request.as_of, "as_of") or days.day_of(tx.now)


def _only(request: Any) -> dict[str, Any]:
    """The conditions that the request sets."""
    set_ones = {name: getattr(request, name) for name in CONTRACT_FILTERS if getattr(request, name)}
    return {name: CONTRACT_FILTERS[name].convert(value) for name, value in set_ones.items()}
