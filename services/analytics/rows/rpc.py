"""RowsService over gRPC: decode, find, encode."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Record
from dealtrail.analytics.v1 import rows_pb2 as pb
from dealtrail.type.v1.money_pb2 import Money

from services.analytics.days import DAY, EVER, FOREVER, day_of, parse, period
from services.analytics.rows import operations
from services.kit import aliases
from services.kit.database import Tx

INSTALMENTS = (pb.ListRowsRequest.OPEN_INSTALMENTS, pb.ListRowsRequest.DUE_INSTALMENTS)


class RowsServicer:
    """See proto/dealtrail/analytics/v1/rows.proto."""

    async def ListRows(self, request: pb.ListRowsRequest, tx: Tx) -> pb.ListRowsResponse:
        today = day_of(tx.now)
        within = period(parse(getattr(request, "from"), "from", EVER), parse(request.to, "to", today + DAY))
        if listed := LEADS.get(request.number):
            rows, token = await listed(tx, request, within)
            found = [_lead(row) for row in rows]
        elif of_leads := OF_LEADS.get(request.number):
            listed, told = of_leads
            rows, token = await listed(tx, request, within)
            whose = await operations.companies(tx, rows)
            found = [told(row, whose[row["lead_id"]]) for row in rows]
        elif request.number in INSTALMENTS:
            as_of = parse(request.as_of, "as_of", today)
            rows, token = await operations.instalments(tx, request, within, as_of)
            left = await operations.open_amounts(tx, rows, as_of)
            found = [_instalment(row, left) for row in rows]
            await _where_accounts_stand(tx, found)
        else:
            rows, token = await operations.deals(tx, request, within)
            found = [_deal(row) for row in rows]
            await _where_accounts_stand(tx, found)
        return pb.ListRowsResponse(rows=found, next_page_token=token)


async def _where_accounts_stand(tx: Tx, found: list[pb.Row]) -> None:
    """Name of accounts that were merged the one that there is."""
    roots = await aliases.roots(tx, (UUID(one.account_id) for one in found if one.account_id))
    for one in found:
        if one.account_id and UUID(one.account_id) in roots:
            one.account_id = str(roots[UUID(one.account_id)])


def _deal(row: Record) -> pb.Row:
    return pb.Row(
        **_common(row),
        name=row["name"],
        path=f"/v1/deals/{row['id']}",
        account_id=str(row["account_id"] or ""),
        amount=_money(row["amount"], row["currency"]),
        product=row["product"],
        stage=row["stage"],
        status=row["state"],
        start_date=_day(row["open_day"]),
        end_date=_day(row["close_day"]),
    )


def _instalment(row: Record, left: dict[UUID, Decimal]) -> pb.Row:
    return pb.Row(
        **_common(row),
        name=row["number"],
        path=f"/v1/contracts/{row['contract_id']}",
        account_id=str(row["account_id"]),
        amount=_money(row["amount"], row["currency"]),
        open=_money(left[row["id"]], row["currency"]),
        start_date=_day(row["sign_day"]),
        end_date=_day(row["due_day"]),
    )


def _lead(row: Record) -> pb.Row:
    return pb.Row(
        **_common(row),
        name=row["company"],
        path=f"/v1/leads/{row['id']}",
        status=row["status"],
        start_date=_day(row["capture_day"]),
        channel=row["channel"],
        campaign=row["campaign"],
    )


def _step(row: Record, lead: Record) -> pb.Row:
    return pb.Row(
        **_common(lead) | {"id": str(row["id"])},
        name=lead["company"],
        path=f"/v1/leads/{row['lead_id']}",
        status=row["state"],
        end_date=_day(row["due_day"]),
        channel=lead["channel"],
    )


def _refused(row: Record, lead: Record) -> pb.Row:
    return pb.Row(
        **_common(lead) | {"id": str(row["id"])},
        name=lead["company"],
        path=f"/v1/leads/{row['lead_id']}",
        status=row["reason"],
        start_date=_day(row["refuse_day"]),
        channel=lead["channel"],
    )


def _common(row: Record) -> dict[str, Any]:
    return {"id": str(row["id"]), "owner_id": str(row["owner_id"]), "team_id": str(row["team_id"] or "")}


def _money(amount: Decimal, currency: str) -> Money | None:
    return Money(amount=f"{amount:.2f}", currency=currency) if currency else None


def _day(day: date | None) -> str:
    return day.isoformat() if day and day != FOREVER else ""


LEADS = {
    pb.ListRowsRequest.LEADS: operations.leads,
    pb.ListRowsRequest.WARMED_UP: operations.warmed,
    pb.ListRowsRequest.REFUSED_LEADS: operations.refused,
}
"""Numbers that count leads."""
OF_LEADS = {
    pb.ListRowsRequest.NURTURE_PLANNED: (operations.steps, _step),
    pb.ListRowsRequest.NURTURE_DONE: (operations.steps, _step),
    pb.ListRowsRequest.REFUSED_PROMOTIONS: (operations.refusals, _refused),
}
"""Numbers that count what happened to leads, and how each row is told."""
