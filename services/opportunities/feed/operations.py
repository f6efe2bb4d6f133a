"""The feed of deals for partners: which events it has, and what it says of a deal."""

from typing import Any

from asyncpg import Record
from dealtrail.opportunities.v1 import feed_pb2 as pb

from services.kit import public
from services.kit.database import Tx
from services.kit.streams import DAY_S, Stream
from services.opportunities.deals.store import codec
from services.opportunities.feed.store import listing

FEED = "deals.v1"
STREAM = Stream("deals", f"{FEED}.>", 7 * DAY_S)
EVENTS: dict[str, Any] = {name: getattr(pb.FeedEvent, name) for name in pb.FeedEvent.DESCRIPTOR.nested_types_by_name}
"""The public events by their names in the contract, which is their registry."""


def subject_name(event: Any) -> str:
    """How the event is called in subjects: "forecastChanged" for ForecastChanged."""
    name: str = event.DESCRIPTOR.name
    return name[0].lower() + name[1:]


async def snapshot(tx: Tx, request: pb.ListFeedDealsRequest) -> pb.ListFeedDealsResponse:
    """A page of the tenant's deals."""
    rows, token = await listing.page(tx, request)
    return pb.ListFeedDealsResponse(deals=[_deal(row) for row in rows], next_page_token=token)


def _deal(row: Record) -> pb.FeedDeal:
    found: pb.FeedDeal = public.narrowed(codec.row_to_message(row), pb.FeedDeal())
    return found
