"""Find the rows behind a number."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Record
from dealtrail.analytics.v1 import funnel_pb2, receivables_pb2
from dealtrail.analytics.v1 import rows_pb2 as pb

from services.analytics.channels import operations as channels
from services.analytics.days import EVER, FOREVER, Period, midnight
from services.analytics.receivables.domain import Bucket, due_days
from services.analytics.rows.store import (
    CLOSED,
    COMPANIES,
    DUE_INSTALMENTS,
    FUNNEL,
    LEADS,
    NURTURE_DONE,
    NURTURE_PLANNED,
    OPEN_INSTALMENTS,
    OPENED,
    PAID,
    REFUSED_LEADS,
    REFUSED_PROMOTIONS,
    WARMED_UP,
)
from services.kit.database import Tx

Page = tuple[list[Record], str]


async def deals(tx: Tx, request: pb.ListRowsRequest, within: Period) -> Page:
    """Deals of a funnel, or those opened, won or lost within the period."""
    days = {"start": within.start, "end": within.end}
    if request.number == pb.ListRowsRequest.OPENED:
        return await OPENED.page(tx, request, **days)
    if request.number != pb.ListRowsRequest.FUNNEL:
        return await CLOSED.page(tx, request, **days, outcome=pb.ListRowsRequest.Number.Name(request.number))
    chosen: dict[str, Any] = {"factor": request.stall_factor or 1}
    if request.stage:
        chosen["stage"] = request.stage
    if request.state:
        chosen["state"] = funnel_pb2.FunnelState.State.Name(request.state)
    return await FUNNEL[bool(request.stage), bool(request.state)].page(tx, request, **days, **chosen)


async def instalments(tx: Tx, request: pb.ListRowsRequest, within: Period, as_of: date) -> Page:
    """Instalments open at the end of the day, or due within the period."""
    if request.number == pb.ListRowsRequest.DUE_INSTALMENTS:
        return await DUE_INSTALMENTS.page(tx, request, start=within.start, end=within.end, as_of=as_of)
    first, last = EVER, FOREVER
    if request.bucket:
        first, last = due_days(Bucket(receivables_pb2.AgeingBucket.Bucket.Name(request.bucket)), as_of)
    return await OPEN_INSTALMENTS.page(tx, request, first_due=first, last_due=last, as_of=as_of)


async def open_amounts(tx: Tx, rows: list[Record], as_of: date) -> dict[UUID, Decimal]:
    """What is open of each of the instalments at the end of the day."""
    paid = {row[0]: row[1] for row in await tx.fetch(PAID, ids=[row["id"] for row in rows], as_of=as_of)}
    return {row["id"]: row["amount"] - paid[row["id"]] for row in rows}


async def leads(tx: Tx, request: pb.ListRowsRequest, within: Period) -> Page:
    """Leads captured within the period."""
    chosen: dict[str, Any] = {"start": within.start, "end": within.end, "value": request.value}
    for name, field in (("channel", "channels"), ("campaign", "campaigns")):
        if wanted := getattr(request, name):
            chosen[field] = await _spellings(tx, request, within, name) if request.fold else [wanted]
    return await LEADS[bool(request.channel), bool(request.campaign)].page(tx, request, **chosen)


async def steps(tx: Tx, request: pb.ListRowsRequest, within: Period) -> Page:
    """Steps of nurturing plans that fell due within the period."""
    listing = NURTURE_DONE if request.number == pb.ListRowsRequest.NURTURE_DONE else NURTURE_PLANNED
    return await listing.page(tx, request, start=within.start, end=within.end)


async def refusals(tx: Tx, request: pb.ListRowsRequest, within: Period) -> Page:
    """Promotions that were refused within the period."""
    return await REFUSED_PROMOTIONS.page(tx, request, start=within.start, end=within.end)


async def refused(tx: Tx, request: pb.ListRowsRequest, within: Period) -> Page:
    """Leads of which a promotion was refused within the period."""
    return await REFUSED_LEADS.page(tx, request, start=within.start, end=within.end)


async def companies(tx: Tx, rows: list[Record]) -> dict[UUID, Record]:
    """The leads of the steps or refused promotions."""
    return {row["id"]: row for row in await tx.fetch(COMPANIES, ids=[row["lead_id"] for row in rows])}


async def warmed(tx: Tx, request: pb.ListRowsRequest, within: Period) -> Page:
    """Leads whose temperature rose within the period."""
    return await WARMED_UP.page(tx, request, begin=midnight(within.start), until=midnight(within.end))


async def _spellings(tx: Tx, request: pb.ListRowsRequest, within: Period, name: str) -> list[str]:
    """The names, as recorded, that differ in case alone from the one that is asked for."""
    counted = await channels.count(tx, within, request.owner_id, request.team_id)
    wanted = getattr(request, name).casefold()
    return sorted({getattr(one, name) for one in counted if getattr(one, name).casefold() == wanted})
