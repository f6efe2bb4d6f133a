"""Categories, spends and shares in PostgreSQL. Spends are kept as they were given; of each the newest counts.

Where a merge brings together two that count, the survivor's own does (see kit.aliases.foremost).
"""

from dealtrail.leads.v1 import wallets_pb2 as pb
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Numeric,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.aliases import foremost, merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_id, by_text
from services.kit.sql import Query, Variants
from services.kit.store import Store
from services.kit.tables import money_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.accounts.store import of_account
from services.leads.activity.store import sale_lines_table, sales_table
from services.leads.metadata import metadata
from services.leads.wallets.domain import AccountWallet, Spend, SpendCategory, Wallet

categories_table = tenant_table(
    "spend_categories",
    metadata,
    text_column("code"),
    text_column("label"),
    Column("active", Boolean, nullable=False),
    key=("code",),
)
products_table = tenant_table(
    "spend_category_products", metadata, text_column("product_code"), text_column("category"), key=("product_code",)
)
table = tenant_table(
    "spends",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    text_column("category"),
    text_column("period"),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    text_column("previous_period"),
    *money_columns("amount"),
    text_column("source"),
    Column("source_date", Date, nullable=False),
    uuid_column("author_id"),
    time_column("create_time"),
    Column("current", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
)
t, c, p, line, sale = table.c, categories_table.c, products_table.c, sale_lines_table.c, sales_table.c
category_codec = Codec(SpendCategory, pb.SpendCategory)
codec = Codec(Spend, pb.Spend)
wallet_codec = Codec(Wallet, pb.Wallet)
account_wallet_codec = Codec(AccountWallet, pb.AccountWallet)
spends = Store(table, codec, "spend", "品类支出", sight=of_account(table))
COUNTS = foremost(table, "account_id", "category", "period", among="current")
shown = select(*(one for one in t if one.name != "current"), COUNTS.label("current")).subquery("shown")
listing = Listing(
    shown,
    filters={
        "account_id": by_id(shown.c.account_id),
        "category": by_text(shown.c.category),
        "period": by_text(shown.c.period),
    },
    orders=("create_time desc",),
    sight=of_account(shown),
)

_tenant = bindparam("tenant_id", type_=Uuid)
_account = bindparam("account_id", type_=Uuid)
_codes = bindparam("product_codes", type_=ARRAY(Text))
_category = {"tenant_id": _tenant, "code": bindparam("code", type_=Text)}
_shown = {"label": bindparam("label", type_=Text), "active": bindparam("active", type_=Boolean)}
SET_CATEGORY = Query(
    insert(categories_table)
    .values(_category | _shown)
    .on_conflict_do_update(index_elements=["tenant_id", "code"], set_=_shown)
)
TAKEN = Query(
    select(products_table).where(
        p.tenant_id == _tenant, p.product_code == any_(_codes), p.category != _category["code"]
    )
)
CLEAR_PRODUCTS = Query(delete(products_table).where(p.tenant_id == _tenant, p.category == _category["code"]))
ADD_PRODUCTS = Query(
    insert(products_table).from_select(
        ["tenant_id", "product_code", "category"], select(_tenant, func.unnest(_codes), _category["code"])
    )
)
_products = func.array_agg(p.product_code).filter(p.product_code.is_not(None))
CATEGORIES = Query(
    select(c.code, c.label, c.active, func.coalesce(_products, cast([], ARRAY(Text))).label("product_codes"))
    .outerjoin(products_table, (p.tenant_id == c.tenant_id) & (p.category == c.code))
    .where(c.tenant_id == _tenant)
    .group_by(c.code, c.label, c.active)
    .order_by(c.code)
)
IN_USE = Query(select(c.code).where(c.tenant_id == _tenant, c.code == _category["code"], c.active))
_same = (t.tenant_id == _tenant) & (t.account_id == _account)
REPLACE = Query(
    update(table)
    .where(
        _same,
        t.category == bindparam("of_category", type_=Text),
        t.period == bindparam("of_period", type_=Text),
        t.merged_from.is_(None),
        t.current,
    )
    .values(current=False)
    .returning(t.version)
)


def _shares(name: str) -> Select[tuple[object, ...]]:
    """Each spend that counts, beside what the customer signed for with us in its category, period and currency."""
    of = table.alias(name)
    s = of.c
    ours = (p.tenant_id == s.tenant_id) & (p.category == s.category)
    sold = (
        select(func.coalesce(func.sum(line.amount), 0))
        .join(products_table, (p.tenant_id == line.tenant_id) & (p.product_code == line.product_code))
        .where(
            ours,
            line.tenant_id == s.tenant_id,
            line.account_id == s.account_id,
            line.amount_currency == s.amount_currency,
            line.sign_date.between(s.start_date, s.end_date),
        )
        .correlate(of)
        .scalar_subquery()
    )
    known = case((exists(select(1).where(ours).correlate(of)), sold))
    return select(
        *(s.tenant_id, s.id, s.account_id, s.category, s.period, s.previous_period, s.create_time),
        *(s.amount.label("spend"), s.amount_currency.label("spend_currency")),
        *(known.label("sales"), s.amount_currency.label("sales_currency")),
        func.coalesce(known > s.amount, False).label("over_spend"),
        cast(func.round(cast(known / func.nullif(s.amount, 0), Numeric), 6), Double).label("share"),
    ).where(foremost(of, "account_id", "category", "period", among="current"))


_now, _before = _shares("now").subquery("now"), _shares("before").subquery("before")
_same_wallet = (
    (_before.c.tenant_id == _now.c.tenant_id)
    & (_before.c.account_id == _now.c.account_id)
    & (_before.c.category == _now.c.category)
    & (_before.c.period == _now.c.previous_period)
)
wallets = (
    select(
        *(one for one in _now.c if one.name != "previous_period"),
        _before.c.share.label("previous_share"),
        (_now.c.share - _before.c.share).label("change"),
    )
    .outerjoin(_before, _same_wallet)
    .subquery("wallets")
)
w = wallets.c
_seen = of_account(wallets)
wallet_listing = Listing(
    wallets,
    filters={
        "account_id": by_id(w.account_id),
        "category": by_text(w.category),
        "period": by_text(w.period),
        "over_spend": Filter(w.over_spend),
    },
    orders=("share desc", "share", "change desc", "change", "spend desc", "spend"),
    sight=_seen,
)
OF_ACCOUNT = Variants(
    lambda reach: select(wallets).where(
        _seen(reach),
        w.account_id == _account,
        w.period == bindparam("period", type_=Text),
        w.spend_currency == bindparam("currency", type_=Text),
    )
)
_within = {
    "start": bindparam("start_date", type_=Date),
    "end": bindparam("end_date", type_=Date),
    "currency": bindparam("currency", type_=Text),
}
SOLD = Query(
    select(p.category, func.sum(line.amount).label("sales"))
    .join(products_table, (p.tenant_id == line.tenant_id) & (p.product_code == line.product_code))
    .where(
        *(line.tenant_id == _tenant, line.account_id == _account, line.amount_currency == _within["currency"]),
        line.sign_date.between(_within["start"], _within["end"]),
    )
    .group_by(p.category)
)
SIGNED = Query(
    select(func.coalesce(func.sum(sale.amount), 0)).where(
        *(sale.tenant_id == _tenant, sale.account_id == _account, sale.amount_currency == _within["currency"]),
        sale.sign_date.between(_within["start"], _within["end"]),
    )
)
