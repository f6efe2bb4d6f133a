"""GrowthService over gRPC: decode, count, encode."""

from datetime import date
from decimal import Decimal
from typing import Any

from dealtrail.analytics.v1 import growth_pb2 as pb
from dealtrail.type.v1.money_pb2 import Money

from services.analytics.days import DAY, Grain, Period, day_of, parse, period
from services.analytics.growth import operations
from services.analytics.growth.domain import (
    Counted,
    Figures,
    figures,
    leading_currency,
    log_change,
    quarter_of,
    relative_change,
    sum_by_group,
)
from services.analytics.rollups.domain import NOBODY
from services.analytics.rollups.operations import freshness
from services.analytics.rows.domain import link
from services.kit.database import Tx
from services.kit.errors import Violated

MOST_GROUPS = 1000


class GrowthServicer:
    """See proto/dealtrail/analytics/v1/growth.proto."""

    async def GetGrowth(self, request: pb.GetGrowthRequest, tx: Tx) -> pb.Growth:
        within, compared = _periods(request, day_of(tx.now))
        filters = {"owner_id": request.owner_id, "team_id": request.team_id, "product": request.product}
        group = {"QUARTER": "month"}.get(_grouping(request), _grouping(request).lower())
        counted = await operations.count(tx, within, group, **filters)
        before = await operations.count(tx, compared, "", **filters) if compared else []
        currency, others = leading_currency([*counted, *before])
        if request.currency and request.currency != currency:
            others = sorted({currency, *others} - {request.currency, ""})
        answer = _Answer(request, request.currency or currency)
        now = figures(counted, answer.currency)
        growth = pb.Growth(
            current=answer.figures(within, now),
            groups=answer.groups(within, counted),
            currency=answer.currency,
            other_currencies=others,
            freshness=await freshness(tx, "opportunities"),
        )
        if compared:
            then = figures(before, answer.currency)
            growth.compared.CopyFrom(answer.figures(compared, then))
            growth.relative_change.CopyFrom(pb.GrowthDrivers(**relative_change(now, then)))
            if parts := log_change(now, then):
                growth.log_change.CopyFrom(pb.GrowthDrivers(**parts))
        return growth


def _periods(request: pb.GetGrowthRequest, today: date) -> tuple[Period, Period | None]:
    start = parse(getattr(request, "from"), "from", Grain.QUARTER.start(today))
    within = period(start, parse(request.to, "to", today + DAY))
    if not request.compare_from and not request.compare_to:
        return within, None
    for field in ("compare_from", "compare_to"):
        if not getattr(request, field):
            raise Violated((field, "both ends of the period are needed", "对比期间的起止日都必须填写"))
    compared = period(
        parse(request.compare_from, "compare_from", today), parse(request.compare_to, "compare_to", today)
    )
    return within, compared


def _grouping(request: pb.GetGrowthRequest) -> str:
    return pb.GetGrowthRequest.GroupBy.Name(request.group_by) if request.group_by else ""


class _Answer:
    """The encoding of one answer: everything in one currency, with links that keep the request's filters."""

    def __init__(self, request: pb.GetGrowthRequest, currency: str) -> None:
        self.currency = currency
        self._by = _grouping(request)
        self._filters = {
            "ownerId": request.owner_id,
            "teamId": request.team_id,
            "product": request.product,
            "currency": currency,
        }

    def figures(self, within: Period, found: Figures) -> pb.GrowthFigures:
        """The figures of a period."""
        return pb.GrowthFigures(
            **{"from": within.start.isoformat()},
            to=within.end.isoformat(),
            opened=found.opened,
            won=found.won,
            lost=found.lost,
            win_rate=found.win_rate,
            won_amount=self._money(found.won_amount),
            average_amount=self._money(found.won_amount / found.won) if found.won else None,
            cycle_days=found.cycle_days,
            velocity=found.velocity,
            missing=[pb.GrowthFigures.Missing.Value(one) for one in found.missing],
            opened_rows=self._link("OPENED", within),
            won_rows=self._link("WON", within),
            lost_rows=self._link("LOST", within),
        )

    def groups(self, within: Period, counted: list[Counted]) -> list[pb.GrowthGroup]:
        """The groups, if any are asked for: by calendar in its order, else the one with most won first."""
        if not self._by:
            return []
        if self._by == "QUARTER":
            counted = [one._replace(group=quarter_of(date.fromisoformat(f"{one.group}-01"))) for one in counted]
        found = list(sum_by_group(counted, self.currency).items())
        if self._by in ("QUARTER", "MONTH"):
            found.sort()
        else:
            found.sort(key=lambda one: (-one[1].won_amount, -one[1].won, one[0]))
        return [self._group(within, key, group) for key, group in found[:MOST_GROUPS]]

    def _group(self, within: Period, key: str, found: Figures) -> pb.GrowthGroup:
        named = "" if key == str(NOBODY) else key
        return pb.GrowthGroup(
            key=named,
            opened=found.opened,
            won=found.won,
            lost=found.lost,
            win_rate=found.win_rate,
            won_amount=self._money(found.won_amount),
            cycle_days=found.cycle_days,
            won_rows=self._group_link(within, named) if named else "",
        )

    def _group_link(self, within: Period, key: str) -> str:
        if self._by in ("QUARTER", "MONTH"):
            year, _, part = key.partition("-")
            quarter = part.startswith("Q")
            first = date(int(year), int(part[1:]) * 3 - 2 if quarter else int(part), 1)
            last = (Grain.QUARTER if quarter else Grain.MONTH).next(first)
            return self._link("WON", Period(max(first, within.start), min(last, within.end)))
        name = {"OWNER": "ownerId", "TEAM": "teamId", "PRODUCT": "product"}[self._by]
        return self._link("WON", within, **{name: key})

    def _link(self, number: str, within: Period, **group: str) -> str:
        return link(number, **{"from": within.start, "to": within.end}, **(self._filters | group))

    def _money(self, amount: Decimal) -> Any:
        return Money(amount=f"{amount:.2f}", currency=self.currency) if self.currency else None
