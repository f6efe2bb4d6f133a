"""ReceivablesService over gRPC: decode, sum up, encode."""

from datetime import date
from decimal import Decimal
from typing import Any

from dealtrail.analytics.v1 import receivables_pb2 as pb
from dealtrail.type.v1.money_pb2 import Money

from services.analytics.days import DAY, Period, day_of, parse, period
from services.analytics.receivables import operations
from services.analytics.receivables.domain import Bucket, Figures
from services.analytics.rollups.operations import freshness
from services.analytics.rows.domain import link
from services.kit.database import Tx

USUAL_DAYS = 90


class ReceivablesServicer:
    """See proto/dealtrail/analytics/v1/receivables.proto."""

    async def GetReceivables(self, request: pb.GetReceivablesRequest, tx: Tx) -> pb.Receivables:
        as_of = parse(request.as_of, "as_of", day_of(tx.now))
        end = parse(request.to, "to", as_of + DAY)
        within = period(parse(getattr(request, "from"), "from", end - USUAL_DAYS * DAY), end)
        found = await operations.sum_up(tx, as_of, within, request.owner_id, request.team_id)
        return pb.Receivables(
            **{"from": within.start.isoformat()},
            to=within.end.isoformat(),
            as_of=as_of.isoformat(),
            figures=[_figures(request, as_of, within, currency, one) for currency, one in found.items()],
            freshness=await freshness(tx, "contracts"),
        )


def _figures(
    request: pb.GetReceivablesRequest, as_of: date, within: Period, currency: str, found: Figures
) -> pb.ReceivablesFigures:
    def money(amount: Decimal) -> Money:
        return Money(amount=f"{amount:.2f}", currency=currency)

    def rows(number: str, **more: Any) -> str:
        whose = {"ownerId": request.owner_id, "teamId": request.team_id}
        return link(number, asOf=as_of, currency=currency, **whose, **more)

    return pb.ReceivablesFigures(
        open=money(found.open.amount),
        open_instalments=found.open.instalments,
        buckets=[
            pb.AgeingBucket(
                bucket=pb.AgeingBucket.Bucket.Value(bucket),
                instalments=part.instalments,
                amount=money(part.amount),
                rows=rows("OPEN_INSTALMENTS", bucket=bucket.value),
            )
            for bucket, part in found.buckets.items()
        ],
        due=money(found.due),
        received=money(found.received),
        received_on_time=money(found.received_on_time),
        collection_rate=found.collection_rate,
        on_time_rate=found.on_time_rate,
        due_instalments=found.due_instalments,
        late_instalments=found.late_instalments,
        sales=money(found.sales),
        dso=found.days_of_sales(found.open.amount, within.days),
        best_possible_dso=found.days_of_sales(found.buckets[Bucket.NOT_DUE].amount, within.days),
        open_rows=rows("OPEN_INSTALMENTS"),
        due_rows=rows("DUE_INSTALMENTS", **{"from": within.start, "to": within.end}),
    )
