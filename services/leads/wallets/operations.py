"""Keep the categories, record what customers spend, and show our share of it."""

from decimal import Decimal
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.money import Money
from services.kit.visibility import reach
from services.leads.accounts.store import accounts
from services.leads.days import ZONE
from services.leads.wallets.domain import (
    AccountWallet,
    Period,
    ProductInAnotherCategory,
    Spend,
    SpendCategory,
    UnknownCategory,
    Wallet,
    whole,
)
from services.leads.wallets.store import (
    ADD_PRODUCTS,
    CATEGORIES,
    CLEAR_PRODUCTS,
    IN_USE,
    OF_ACCOUNT,
    REPLACE,
    SET_CATEGORY,
    SIGNED,
    SOLD,
    TAKEN,
    category_codec,
    codec,
    spends,
    wallet_codec,
)


async def set_category(tx: Tx, category: SpendCategory) -> SpendCategory:
    """Add or change a category. Refused: PRODUCT_IN_ANOTHER_CATEGORY."""
    if taken := await tx.fetch_one(TAKEN, code=category.code, product_codes=category.product_codes):
        raise ProductInAnotherCategory(product=taken["product_code"], category=taken["category"])
    await tx.execute(SET_CATEGORY, code=category.code, label=category.label, active=category.active)
    await tx.execute(CLEAR_PRODUCTS, code=category.code)
    await tx.execute(ADD_PRODUCTS, code=category.code, product_codes=category.product_codes)
    category.product_codes.sort()
    return category


async def categories(tx: Tx) -> list[SpendCategory]:
    """All of them, by code."""
    found = [category_codec.from_row(row) for row in await tx.fetch(CATEGORIES)]
    for one in found:
        one.product_codes.sort()
    return found


async def record(tx: Tx, spend: Spend) -> Spend:
    """Record what a customer spends. Refused: NOT_FOUND; ACCOUNT_MERGED, UNKNOWN_CATEGORY, SPEND_NEGATIVE,
    SOURCE_IN_FUTURE.
    """
    account = await accounts.locked(tx, spend.account_id)
    account.must_stand()
    if not await tx.fetch_value(IN_USE, code=spend.category):
        raise UnknownCategory(code=spend.category)
    spend.must_make_sense(tx.now.astimezone(ZONE).date())
    of = {"account_id": account.id, "of_category": spend.category, "of_period": spend.period}
    spend.version = (await tx.fetch_value(REPLACE, **of) or 0) + 1
    await spends.add(tx, spend)
    tx.emit(events.SpendRecorded(spend=codec.to_message(spend.told())), spend, seen_as=account)
    return spend


async def of_account(tx: Tx, account_id: UUID, period: Period, currency: str) -> AccountWallet:
    """A customer's wallet over all categories in use. Refused: NOT_FOUND."""
    await accounts.row(tx, account_id)
    wanted = {"account_id": account_id, "currency": currency}
    within = wanted | {"start_date": period.start, "end_date": period.end}
    rows = await tx.fetch(OF_ACCOUNT(reach(tx.principal)), **wanted, period=period.code)
    known = {row["category"]: wallet_codec.from_row(row) for row in rows}
    sold = {row["category"]: row["sales"] for row in await tx.fetch(SOLD, **within)}
    shown = [
        known.get(one.code) or _unknown(account_id, period, one, sold.get(one.code, Decimal(0)), currency)
        for one in await categories(tx)
        if one.active
    ]
    signed: Decimal = await tx.fetch_value(SIGNED, **within)
    return whole(account_id, period.code, shown, currency, signed - sum(sold.values()))


def _unknown(account_id: UUID, period: Period, category: SpendCategory, sold: Decimal, currency: str) -> Wallet:
    """Of a category whose spend nobody recorded, we know what we sold at most."""
    sales = Money(sold, currency) if category.product_codes else None
    return Wallet(account_id, category.code, period.code, sales=sales)
