"""Campaigns in PostgreSQL. They belong to the whole tenant."""

from dealtrail.leads.v1 import campaigns_pb2 as pb
from sqlalchemy import Column, Date

from services.kit.codec import Codec
from services.kit.pages import Listing, by_text
from services.kit.store import Store
from services.kit.tables import change_columns, money_columns, tenant_table, text_column, uuid_column
from services.leads.campaigns.domain import Campaign
from services.leads.metadata import metadata

table = tenant_table(
    "campaigns",
    metadata,
    uuid_column(),
    text_column("name"),
    text_column("channel"),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    *money_columns("cost"),
    *change_columns(),
)
codec = Codec(Campaign, pb.Campaign)
campaigns = Store(table, codec, "campaign", "活动")
listing = Listing(table, filters={"channel": by_text(table.c.channel)}, orders=("create_time desc",))
