"""The tenant's own channels and what channels have cost in PostgreSQL; the shipped channels are code."""

from dealtrail.leads.v1 import channels_pb2 as pb
from sqlalchemy import Boolean, Column, Date, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.codec import Codec
from services.kit.pages import Listing, by_text
from services.kit.sql import Query, insert_row
from services.kit.tables import money_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.channels.domain import Channel, ChannelCost
from services.leads.metadata import metadata

table = tenant_table(
    "channels", metadata, text_column("name"), Column("active", Boolean, nullable=False), key=("name",)
)
costs_table = tenant_table(
    "channel_costs",
    metadata,
    uuid_column(),
    text_column("channel"),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    *money_columns("cost"),
    text_column("note"),
    time_column("create_time"),
)
codec = Codec(Channel, pb.Channel)
cost_codec = Codec(ChannelCost, pb.ChannelCost)
cost_listing = Listing(costs_table, filters={"channel": by_text(costs_table.c.channel)}, orders=("create_time desc",))

OWN = Query(select(table).where(table.c.tenant_id == bindparam("tenant_id")))
_given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
SET = Query(
    insert(table)
    .values(_given)
    .on_conflict_do_update(index_elements=["tenant_id", "name"], set_={"active": _given["active"]})
)
ADD_COST = insert_row(costs_table)
