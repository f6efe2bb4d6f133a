"""Leads in PostgreSQL."""

from dealtrail.leads.v1 import leads_pb2 as pb
from sqlalchemy import Column, Integer, Uuid

from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id, by_text, containing
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, owner_columns, tenant_table, text_column, uuid_column
from services.leads.leads.domain import Lead
from services.leads.metadata import metadata

table = tenant_table(
    "leads",
    metadata,
    uuid_column(),
    text_column("company"),
    text_column("contact_name"),
    text_column("phone"),
    text_column("email"),
    text_column("channel"),
    text_column("campaign"),
    json_column("attributes"),
    text_column("status"),
    Column("score", Integer, nullable=False),
    text_column("discard_reason"),
    *owner_columns(),
    Column("account_id", Uuid),
    Column("contact_id", Uuid),
    Column("deal_id", Uuid),
    *change_columns(),
)

codec = Codec(Lead, pb.Lead)
leads = Store(table, codec, "lead", "线索")
listing = Listing(
    table,
    filters={
        "status": by_enum(table.c.status, pb.Lead.Status),
        "owner_id": by_id(table.c.owner_id),
        "team_id": by_id(table.c.team_id),
        "channel": by_text(table.c.channel),
        "campaign": by_text(table.c.campaign),
        "q": containing(table.c.company, table.c.contact_name),
    },
    orders=("create_time desc", "create_time", "company", "company desc"),
)
