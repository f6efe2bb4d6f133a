"""Cycles and standings in PostgreSQL. Both are frozen: nobody changes them."""

from dealtrail.leads.v1 import cycles_pb2 as pb
from sqlalchemy import BigInteger, Column, Date, Integer, Numeric, Text, Uuid, and_, bindparam, func, select

from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_enum, by_id
from services.kit.sql import Query, Variants
from services.kit.store import Store
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.accounts.store import of_account
from services.leads.activity.store import sales_table
from services.leads.cycles.domain import Cycle, Flow, Standing
from services.leads.metadata import metadata

cycles_table = tenant_table(
    "cycles",
    metadata,
    uuid_column(),
    text_column("code"),
    text_column("indicator"),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    uuid_column("previous_id", nullable=True),
    Column("size", Integer, nullable=False),
    time_column("create_time"),
    Column("version", BigInteger, nullable=False),
)
standings_table = tenant_table(
    "standings",
    metadata,
    uuid_column(),
    uuid_column("cycle_id"),
    uuid_column("account_id"),
    Column("value", Numeric(15, 2), nullable=False),
    Column("place", Integer, nullable=False),
    Column("quintile", Integer, nullable=False),
    Column("previous_quintile", Integer, nullable=False),
    text_column("move"),
)
s = standings_table.c
seen_standings = of_account(standings_table)

cycle_codec = Codec(Cycle, pb.Cycle)
standing_codec = Codec(Standing, pb.Standing)
flow_codec = Codec(Flow, pb.Flow)
cycles = Store(cycles_table, cycle_codec, "cycle", "分级周期")
standings = Store(standings_table, standing_codec, "standing", "客户分级", sight=seen_standings)
cycle_listing = Listing(cycles_table, filters={}, orders=("create_time desc",))
standing_listing = Listing(
    standings_table,
    filters={
        "cycle_id": by_id(s.cycle_id),
        "quintile": Filter(s.quintile == bindparam("quintile", type_=Integer)),
        "move": by_enum(s.move, pb.Standing.Move),
    },
    orders=("place",),
    sight=seen_standings,
)
_tenant = bindparam("tenant_id", type_=Uuid)
TAKEN = Query(
    select(cycles_table.c.id).where(
        cycles_table.c.tenant_id == _tenant, cycles_table.c.code == bindparam("code", type_=Text)
    )
)
PREVIOUS = Query(
    select(cycles_table.c.id)
    .where(cycles_table.c.tenant_id == _tenant, cycles_table.c.end_date <= bindparam("end_date", type_=Date))
    .order_by(cycles_table.c.end_date.desc(), cycles_table.c.create_time.desc())
    .limit(1)
)
OF_CYCLE = Variants(
    lambda reach: select(standings_table).where(seen_standings(reach), s.cycle_id == bindparam("cycle_id", type_=Uuid))
)

_within = and_(
    sales_table.c.sign_date.between(bindparam("start_date", type_=Date), bindparam("end_date", type_=Date)),
    sales_table.c.amount_currency == bindparam("currency", type_=Text),
)
SALES = Query(
    select(
        sales_table.c.account_id,
        func.coalesce(func.sum(sales_table.c.amount).filter(_within), 0).label("value"),
    )
    .where(sales_table.c.tenant_id == _tenant)
    .group_by(sales_table.c.account_id)
)
