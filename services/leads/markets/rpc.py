"""MarketsService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import markets_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply
from services.leads.days import ZONE, day
from services.leads.markets import operations
from services.leads.markets.domain import MarketSize
from services.leads.markets.store import (
    codec,
    company_codec,
    company_listing,
    current,
    listing,
    rules_codec,
    saturation_codec,
    sizes,
)
from services.leads.wallets.domain import Period


class MarketsServicer:
    """See proto/dealtrail/leads/v1/markets.proto."""

    async def RecordMarketSize(self, request: pb.RecordMarketSizeRequest, tx: Tx) -> pb.MarketSize:
        size = MarketSize(
            id=new_id(),
            region=request.region.strip(),
            product=request.product.strip(),
            period=request.period,
            end_date=Period.named(request.period).end,
            addressable=request.addressable,
            source=request.source.strip(),
            source_date=day("source_date", request.source_date),
            author_id=tx.principal.user_id,
            create_time=tx.now,
        )
        return codec.to_message(await operations.record(tx, size))

    async def ListMarketSizes(
        self, request: pb.ListMarketSizesRequest, tx: Tx
    ) -> PageReply[pb.ListMarketSizesResponse]:
        return await listing.reply(tx, request, pb.ListMarketSizesResponse, codec)

    async def ListMarketSaturations(
        self, request: pb.ListMarketSaturationsRequest, tx: Tx
    ) -> pb.ListMarketSaturationsResponse:
        request.period = request.period or str(tx.now.astimezone(ZONE).year)
        rows, token = await current.page(tx, request)
        found = map(saturation_codec.to_message, await operations.saturations(tx, rows))
        return pb.ListMarketSaturationsResponse(market_saturations=found, next_page_token=token)

    async def ListMarketCompanies(
        self, request: pb.ListMarketCompaniesRequest, tx: Tx
    ) -> PageReply[pb.ListMarketCompaniesResponse]:
        size = await sizes.row(tx, UUID(request.market_size_id))
        return await company_listing.reply(
            tx, request, pb.ListMarketCompaniesResponse, company_codec, market_size_id=size["id"]
        )

    async def GetSaturationRules(self, _: pb.GetSaturationRulesRequest, tx: Tx) -> pb.SaturationRules:
        return rules_codec.to_message(await operations.rules(tx))

    async def SetSaturationRules(self, request: pb.SetSaturationRulesRequest, tx: Tx) -> pb.SaturationRules:
        return rules_codec.to_message(await operations.set_rules(tx, rules_codec.from_message(request)))
