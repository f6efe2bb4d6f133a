"""Links in PostgreSQL, and their figures, which are counted where they stand."""

from dealtrail.leads.v1 import links_pb2 as pb
from sqlalchemy import BigInteger, Column, SmallInteger, Text, Uuid, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.codec import Codec
from services.kit.pages import Listing, by_id
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import owner_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.links.domain import Link
from services.leads.metadata import metadata

FIGURES = ("views", "shares", "reshares", "leads")
table = tenant_table(
    "links",
    metadata,
    uuid_column(),
    uuid_column("form_id"),
    *owner_columns(),
    text_column("token"),
    uuid_column("parent_id", nullable=True),
    uuid_column("root_id", nullable=True),
    *(Column(name, BigInteger, nullable=False) for name in FIGURES),
    time_column("create_time"),
)
arrivals_table = tenant_table(
    "link_arrivals",
    metadata,
    uuid_column("link_id"),
    Column("slot", SmallInteger, nullable=False),
    Column("leads", BigInteger, nullable=False),
    key=("link_id", "slot"),
)
codec = Codec(Link, pb.Link)
links = Store(table, codec, "link", "链接")
_filters = {name: by_id(table.c[name]) for name in ("form_id", "owner_id", "parent_id")}
own_listing = Listing(table, filters=_filters, orders=("create_time desc",), within=table.c.parent_id.is_(None))
below_listing = Listing(table, filters=_filters, orders=("create_time desc",))

_mine = table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
OF_REP = Query(
    select(table).where(
        _mine,
        table.c.form_id == bindparam("form_id"),
        table.c.owner_id == bindparam("owner_id"),
        table.c.parent_id.is_(None),
    )
)
_given = insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns})
ADD_NEW = Query(_given.on_conflict_do_nothing())
BY_TOKEN = Query(select(table).where(_mine, table.c.token == bindparam("token", type_=Text)))
BY_ID = Query(select(table).where(_mine, table.c.id == bindparam("id", type_=Uuid)))
SLOTS = 32
"""Rows that count what came by one link: whoever adds to one waits for its last, so that a flood needs many."""
_coming = func.unnest(bindparam("ids", type_=ARRAY(Uuid))).table_valued("id").render_derived()
_arrived = insert(arrivals_table).from_select(
    ["tenant_id", "link_id", "slot", "leads"],
    select(bindparam("tenant_id", type_=Uuid), _coming.c.id, bindparam("slot", type_=SmallInteger), 1),
)
COUNT_ARRIVAL = Query(
    _arrived.on_conflict_do_update(
        index_elements=["tenant_id", "link_id", "slot"], set_={"leads": arrivals_table.c.leads + 1}
    ),
    "count arrival",
)
ARRIVED = Query(
    select(arrivals_table.c.link_id, func.sum(arrivals_table.c.leads).cast(BigInteger).label("leads"))
    .where(
        arrivals_table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        arrivals_table.c.link_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )
    .group_by(arrivals_table.c.link_id),
    "arrived by links",
)
COUNT = {
    name: Query(
        update(table)
        .where(_mine, table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
        .values({name: table.c[name] + 1}),
        f"count {name}",
    )
    for name in ("shares", "reshares")
}
_viewed = func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("views", type_=ARRAY(BigInteger)))
_by_link = _viewed.table_valued("id", "views").render_derived()
_with_root = select(table.c.id, table.c.root_id, _by_link.c.views).where(_mine, table.c.id == _by_link.c.id).subquery()
_each = (
    select(_with_root.c.id.label("id"), _with_root.c.views)
    .union_all(select(_with_root.c.root_id, _with_root.c.views).where(_with_root.c.root_id.is_not(None)))
    .subquery()
)
_sums = select(_each.c.id, func.sum(_each.c.views).cast(BigInteger).label("views")).group_by(_each.c.id).subquery()
COUNT_VIEWS = Query(
    update(table).where(_mine, table.c.id == _sums.c.id).values(views=table.c.views + _sums.c.views), "count views"
)
"""Add the views of many links, each to the rep's link at its top too."""
