"""Contracts in PostgreSQL. Unique indexes: a number names one contract, a deal one that was not cancelled."""

from dealtrail.contracts.v1 import contracts_pb2 as pb
from sqlalchemy import Column, Date, Text, Uuid, and_, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.contracts.contracts.domain import Contract, Status
from services.contracts.metadata import metadata
from services.kit.aliases import merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_enum, by_id, containing
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import (
    change_columns,
    json_column,
    money_columns,
    owner_columns,
    tenant_table,
    text_column,
    uuid_column,
)

table = tenant_table(
    "contracts",
    metadata,
    uuid_column(),
    text_column("number"),
    uuid_column("deal_id", nullable=True),
    uuid_column("account_id"),
    merged_from_column(),
    text_column("title"),
    text_column("status"),
    *money_columns("amount"),
    json_column("lines"),
    Column("sign_date", Date),
    json_column("attributes"),
    *owner_columns(),
    *change_columns(),
)

codec = Codec(Contract, pb.Contract)
contracts = Store(table, codec, "contract", "合同")
listing = Listing(
    table,
    filters={
        "status": by_enum(table.c.status, pb.Contract.Status),
        "owner_id": by_id(table.c.owner_id),
        "team_id": by_id(table.c.team_id),
        "account_id": by_id(table.c.account_id),
        "deal_id": by_id(table.c.deal_id),
        "q": containing(table.c.number, table.c.title),
        "numbers": Filter(table.c.number == any_(bindparam("numbers", type_=ARRAY(Text))), list),
    },
    orders=("create_time desc", "create_time", "number", "number desc"),
)

_ids = any_(bindparam("ids", type_=ARRAY(Uuid)))
_deals = any_(bindparam("deals", type_=ARRAY(Uuid)))
STANDING = Query(
    select(table.c.id, table.c.number, table.c.deal_id, table.c.status).where(
        table.c.tenant_id == bindparam("tenant_id"),
        or_(
            table.c.id == _ids,
            table.c.number == any_(bindparam("numbers", type_=ARRAY(Text))),
            and_(table.c.deal_id == _deals, table.c.status != Status.CANCELLED.value),
        ),
    )
)
"""What stands in the way of contracts with these ids, numbers and deals."""
