"""Plans, their approved versions and discount rates in PostgreSQL. A plan is seen by whoever sees its account."""

from dealtrail.leads.v1 import account_plans_pb2 as pb
from sqlalchemy import Column, Date, Integer, Numeric, Text, Uuid, bindparam, extract, func, select

from services.kit.aliases import merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sql import Query, insert_row
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.account_plans.domain import (
    AccountPlan,
    AccountPlanFigures,
    AccountPlanVersion,
    DiscountRate,
    Status,
)
from services.leads.accounts.store import of_account
from services.leads.activity.store import sales_table
from services.leads.metadata import metadata

RATE = Numeric(5, 4)
table = tenant_table(
    "account_plans",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    Column("first_year", Integer, nullable=False),
    Column("years", Integer, nullable=False),
    text_column("strategy_fit"),
    text_column("joint_goals"),
    json_column("expected"),
    text_column("status"),
    Column("approvals", Integer, nullable=False),
    uuid_column("author_id"),
    text_column("close_reason"),
    *change_columns(),
)
versions_table = tenant_table(
    "account_plan_versions",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    uuid_column("account_plan_id"),
    Column("approval", Integer, nullable=False),
    text_column("strategy_fit"),
    text_column("joint_goals"),
    json_column("expected"),
    Column("discount_rate", RATE),
    uuid_column("approver_id"),
    time_column("create_time"),
    Column("years", Integer, nullable=False),
)
rates_table = tenant_table(
    "discount_rates",
    metadata,
    uuid_column(),
    Column("rate", RATE, nullable=False),
    text_column("source"),
    uuid_column("author_id"),
    time_column("create_time"),
)
t, v, r, s = table.c, versions_table.c, rates_table.c, sales_table.c
codec = Codec(AccountPlan, pb.AccountPlan)
version_codec = Codec(AccountPlanVersion, pb.AccountPlanVersion)
rate_codec = Codec(DiscountRate, pb.DiscountRate)
figures_codec = Codec(AccountPlanFigures, pb.AccountPlanFigures)
plans = Store(table, codec, "account plan", "客户运营计划", sight=of_account(table))
listing = Listing(
    table,
    filters={"account_id": by_id(t.account_id), "status": by_enum(t.status, pb.AccountPlan.Status)},
    orders=("create_time desc", "create_time", "first_year desc", "first_year"),
    sight=of_account(table),
)
rate_listing = Listing(rates_table, filters={}, orders=("create_time desc",))

_tenant = bindparam("tenant_id", type_=Uuid)
_account = bindparam("account_id", type_=Uuid)
OPEN = Query(select(t.id).where(t.tenant_id == _tenant, t.account_id == _account, t.status != Status.CLOSED.value))
ADD_VERSION = insert_row(versions_table)
ADD_RATE = insert_row(rates_table)
VERSIONS = Query(
    select(versions_table)
    .where(v.tenant_id == _tenant, v.account_plan_id == bindparam("account_plan_id", type_=Uuid))
    .order_by(v.approval.desc())
)
IN_FORCE = Query(select(r.rate).where(r.tenant_id == _tenant).order_by(r.create_time.desc(), r.id.desc()).limit(1))
_year = extract("year", s.sign_date)
SIGNED = Query(
    select(_year.label("year"), func.sum(s.amount).label("amount"))
    .where(
        s.tenant_id == _tenant,
        s.account_id == _account,
        s.amount_currency == bindparam("currency", type_=Text),
        s.sign_date <= bindparam("as_of", type_=Date),
    )
    .group_by(_year)
)
