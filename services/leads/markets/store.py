"""Sizes of markets, and the companies there that were contacted, in PostgreSQL."""

from typing import Any

from dealtrail.leads.v1 import markets_pb2 as pb
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, array, insert

from services.kit.aliases import aliases, family, root
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_text
from services.kit.sql import Query, Variants
from services.kit.store import Store
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.kit.visibility import in_sight
from services.leads.accounts.store import accounts_table
from services.leads.activity.store import sale_lines_table, sales_table, touches_table
from services.leads.days import ZONE
from services.leads.lead_clocks.store import table as clocks_table
from services.leads.leads.store import table as leads_table
from services.leads.markets.domain import Kind, MarketCompany, MarketSaturation, MarketSize, SaturationRules
from services.leads.metadata import metadata
from services.leads.prospects.store import table as prospects_table

table = tenant_table(
    "market_sizes",
    metadata,
    uuid_column(),
    *(text_column(name) for name in ("region", "product", "period")),
    Column("end_date", Date, nullable=False),
    Column("addressable", Integer, nullable=False),
    text_column("source"),
    Column("source_date", Date, nullable=False),
    uuid_column("author_id"),
    time_column("create_time"),
    Column("current", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
)
rules_table = tenant_table("saturation_rules", metadata, Column("saturated_percent", Integer, nullable=False), key=())
codec = Codec(MarketSize, pb.MarketSize)
saturation_codec = Codec(MarketSaturation, pb.MarketSaturation)
company_codec = Codec(MarketCompany, pb.MarketCompany)
rules_codec = Codec(SaturationRules, pb.SaturationRules)
sizes = Store(table, codec, "market size", "市场规模")

s, a, p = table.c, accounts_table.c, prospects_table.c
_filters = {name: by_text(s[name]) for name in ("region", "product", "period")}
listing = Listing(table, filters=_filters, orders=("create_time desc",))
current = Listing(
    table, filters=_filters, orders=("region", "region desc", "addressable desc", "addressable"), within=s.current
)

_tenant = bindparam("tenant_id", type_=Uuid)
RULES = Query(select(rules_table).where(rules_table.c.tenant_id == _tenant))
_given = {c.name: bindparam(c.name, type_=c.type) for c in rules_table.columns}
SET_RULES = Query(
    insert(rules_table)
    .values(_given)
    .on_conflict_do_update(index_elements=["tenant_id"], set_={"saturated_percent": _given["saturated_percent"]})
)
ALONE = Query(
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("what", type_=Text), 0))), "market size"
)
REPLACE = Query(
    update(table)
    .where(
        s.tenant_id == _tenant,
        s.current,
        *(s[name] == bindparam(f"of_{name}", type_=Text) for name in ("region", "product", "period")),
    )
    .values(current=False)
    .returning(s.version)
)


def _day(at: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.timezone(literal(str(ZONE), Text), at), Date)


def _lies_in(region: ColumnElement[Any]) -> ColumnElement[bool]:
    """As assignment has it: 华东 holds 华东/上海."""
    below: ColumnElement[bool] = func.starts_with(region, s.region.concat("/"))
    return (region == s.region) | below


def _accounts() -> Select[Any]:
    """Accounts of each market: when they were first contacted, and when they first signed for what it is of."""
    t, sale, line = touches_table.c, sales_table.c, sale_lines_table.c
    met = select(func.min(t.occurred_time)).where(t.tenant_id == a.tenant_id, t.account_id == a.id).scalar_subquery()
    of_all = select(func.min(sale.sign_date)).where(sale.tenant_id == a.tenant_id, sale.account_id == a.id)
    of_product = select(func.min(line.sign_date)).where(
        line.tenant_id == a.tenant_id, line.account_id == a.id, line.product_code == s.product
    )
    signed = case(
        (s.product == "", of_all.correlate(accounts_table).scalar_subquery()),
        else_=of_product.correlate(accounts_table, table).scalar_subquery(),
    )
    of_market = (s.product == "") | (a.attributes["product"].astext == s.product) | signed.is_not(None)
    return (
        select(
            *(s.tenant_id, s.id.label("size_id"), s.end_date, literal(Kind.ACCOUNT.value, Text).label("kind")),
            *(a.id, a.name, a.region, a.owner_id, a.team_id, a.collaborators),
            func.least(_day(met), signed).label("contact_day"),
            signed.label("signed_on"),
        )
        .join(accounts_table, (a.tenant_id == s.tenant_id) & _lies_in(a.region))
        .where(a.merged_into.is_(None), of_market)
    )


def _prospects() -> Select[Any]:
    """Prospects of each market whose lead was got in touch with; what became an account is counted as that."""
    lead, clock, of_kin, twin = leads_table.c, clocks_table.c, clocks_table.alias().c, prospects_table.alias().c
    stands = leads_table.alias("stands").c
    kin = any_(family(array([lead.id])))
    united = exists(select(1).where(aliases.c.tenant_id == lead.tenant_id, aliases.c.into_id == lead.id))
    first = select(func.min(of_kin.first_touch_time)).where(of_kin.tenant_id == lead.tenant_id, of_kin.lead_id == kin)
    touched = case((united, first.scalar_subquery()), else_=clock.first_touch_time)
    # Of one lead that was made of several, the company is counted once: as the lead itself's, else as the first's.
    others = any_(family(array([root(lead.id)])))
    before = (twin.lead_id == root(lead.id)) | (twin.id < p.id)
    counted = exists(select(1).where(twin.tenant_id == p.tenant_id, twin.id != p.id, twin.lead_id == others, before))
    became = select(stands.account_id).where(stands.tenant_id == lead.tenant_id, stands.id == root(lead.id))
    by_itself = lead.merged_into.is_(None) | (~counted & became.scalar_subquery().is_(None))
    return (
        select(
            *(s.tenant_id, s.id.label("size_id"), s.end_date, literal(Kind.PROSPECT.value, Text).label("kind")),
            *(p.id, p.company.label("name"), p.region, p.owner_id, p.team_id, p.collaborators),
            _day(touched).label("contact_day"),
            cast(null(), Date).label("signed_on"),
        )
        .join(prospects_table, (p.tenant_id == s.tenant_id) & _lies_in(p.region))
        .join(leads_table, (lead.tenant_id == p.tenant_id) & (lead.id == p.lead_id))
        .join(clocks_table, (clock.tenant_id == lead.tenant_id) & (clock.lead_id == lead.id))
        .where((s.product == "") | (p.product == s.product), lead.account_id.is_(None), by_itself)
    )


_all = union_all(_accounts(), _prospects()).subquery()
_sign_day = case((_all.c.signed_on <= _all.c.end_date, _all.c.signed_on)).label("sign_day")
companies = (
    select(*(one for one in _all.c if one.name != "signed_on"), _sign_day)
    .where(_all.c.contact_day <= _all.c.end_date)
    .subquery("companies")
)
"""The companies of each market that were contacted until the end of the period of its size."""
_of_size = companies.c.size_id == bindparam("market_size_id", type_=Uuid)
company_listing = Listing(
    companies,
    filters={"signed": Filter(companies.c.sign_day.is_not(None))},
    orders=("contact_day desc", "contact_day", "name", "name desc"),
    within=_of_size,
)
COUNTS = Variants(
    lambda reach: (
        select(companies.c.size_id, func.count().label("contacted"), func.count(companies.c.sign_day).label("signed"))
        .where(in_sight(companies, reach), companies.c.size_id == any_(bindparam("size_ids", type_=ARRAY(Uuid))))
        .group_by(companies.c.size_id)
    )
)
