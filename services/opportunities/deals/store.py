"""Deals in PostgreSQL."""

from dealtrail.opportunities.v1 import deals_pb2 as pb
from sqlalchemy import Column, Date, Integer, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit.aliases import merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id, by_text, containing
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import (
    change_columns,
    json_column,
    money_columns,
    owner_columns,
    tenant_table,
    text_column,
    time_column,
    uuid_column,
)
from services.opportunities.deals.domain import Deal
from services.opportunities.metadata import metadata

table = tenant_table(
    "deals",
    metadata,
    uuid_column(),
    text_column("name"),
    uuid_column("account_id", nullable=True),
    merged_from_column(),
    uuid_column("contact_id", nullable=True),
    uuid_column("lead_id", nullable=True),
    *owner_columns(),
    text_column("process"),
    Column("process_version", Integer, nullable=False),
    text_column("stage"),
    time_column("stage_since"),
    text_column("state"),
    *money_columns("amount", nullable=True),
    text_column("product"),
    Column("quantity", Integer, nullable=False),
    Column("expected_sign_date", Date),
    time_column("open_time"),
    time_column("close_time", nullable=True),
    text_column("lost_reason"),
    Column("triage", JSONB),
    json_column("attributes"),
    *change_columns(),
)

codec = Codec(Deal, pb.Deal)
deals = Store(table, codec, "deal", "销售机会")
listing = Listing(
    table,
    filters={
        "stage": by_text(table.c.stage),
        "owner_id": by_id(table.c.owner_id),
        "team_id": by_id(table.c.team_id),
        "state": by_enum(table.c.state, pb.Deal.State),
        "account_id": by_id(table.c.account_id),
        "product": by_text(table.c.product),
        "process": by_text(table.c.process),
        "q": containing(table.c.name),
    },
    orders=tuple(
        name + direction
        for name in ("create_time", "open_time", "amount", "expected_sign_date")
        for direction in (" desc", "")
    ),
)

OF_LEADS = Query(
    select(table.c.id, table.c.lead_id).where(
        table.c.tenant_id == bindparam("tenant_id"), table.c.lead_id == any_(bindparam("lead_ids", type_=ARRAY(Uuid)))
    )
)
