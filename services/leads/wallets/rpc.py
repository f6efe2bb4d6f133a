"""WalletsService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import wallets_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply
from services.leads.accounts.store import accounts
from services.leads.days import ZONE, day
from services.leads.values import money
from services.leads.wallets import operations
from services.leads.wallets.domain import Period, Spend, SpendCategory
from services.leads.wallets.store import (
    account_wallet_codec,
    category_codec,
    codec,
    listing,
    wallet_codec,
    wallet_listing,
)


class WalletsServicer:
    """See proto/dealtrail/leads/v1/wallets.proto."""

    async def SetSpendCategory(self, request: pb.SetSpendCategoryRequest, tx: Tx) -> pb.SpendCategory:
        given = SpendCategory(request.code, request.label.strip(), request.active, list(request.product_codes))
        return category_codec.to_message(await operations.set_category(tx, given))

    async def ListSpendCategories(self, _: pb.ListSpendCategoriesRequest, tx: Tx) -> pb.ListSpendCategoriesResponse:
        found = map(category_codec.to_message, await operations.categories(tx))
        return pb.ListSpendCategoriesResponse(categories=found)

    async def RecordSpend(self, request: pb.RecordSpendRequest, tx: Tx) -> pb.Spend:
        period = Period.named(request.period)
        spend = Spend(
            id=new_id(),
            account_id=UUID(request.account_id),
            category=request.category,
            period=period.code,
            start_date=period.start,
            end_date=period.end,
            previous_period=period.before,
            amount=money(request.amount),
            source=request.source.strip(),
            source_date=day("source_date", request.source_date),
            author_id=tx.principal.user_id,
            create_time=tx.now,
        )
        return codec.to_message(await operations.record(tx, spend))

    async def ListSpends(self, request: pb.ListSpendsRequest, tx: Tx) -> PageReply[pb.ListSpendsResponse]:
        await accounts.row(tx, UUID(request.account_id))
        return await listing.reply(tx, request, pb.ListSpendsResponse, codec)

    async def ListWallets(self, request: pb.ListWalletsRequest, tx: Tx) -> PageReply[pb.ListWalletsResponse]:
        return await wallet_listing.reply(tx, request, pb.ListWalletsResponse, wallet_codec)

    async def GetAccountWallet(self, request: pb.GetAccountWalletRequest, tx: Tx) -> pb.AccountWallet:
        period = Period.named(request.period or str(tx.now.astimezone(ZONE).year))
        found = await operations.of_account(tx, UUID(request.account_id), period, request.currency or "CNY")
        return account_wallet_codec.to_message(found)
