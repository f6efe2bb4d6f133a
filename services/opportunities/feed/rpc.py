"""FeedService: decode, do one operation, encode."""

from dealtrail.opportunities.v1 import feed_pb2 as pb

from services.kit.database import Tx
from services.opportunities.feed import operations


class FeedServicer:
    """See proto/dealtrail/opportunities/v1/feed.proto."""

    async def ListFeedDeals(self, request: pb.ListFeedDealsRequest, tx: Tx) -> pb.ListFeedDealsResponse:
        return await operations.snapshot(tx, request)
