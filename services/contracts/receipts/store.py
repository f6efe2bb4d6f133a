"""Receipts in PostgreSQL. Those for a contract keep a copy of its owner, which a trigger keeps true."""

from dealtrail.contracts.v1 import receipts_pb2 as pb
from sqlalchemy import Column, Date, Text, Uuid, and_, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.contracts.metadata import metadata
from services.contracts.receipts.domain import Receipt, Status
from services.kit.aliases import merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_enum, by_id, by_text
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, money_columns, owner_columns, tenant_table, text_column, uuid_column

table = tenant_table(
    "receipts",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    uuid_column("contract_id", nullable=True),
    text_column("status"),
    *money_columns("amount"),
    *money_columns("unapplied"),
    Column("received_date", Date, nullable=False),
    text_column("bank_reference"),
    text_column("note"),
    text_column("void_reason"),
    *owner_columns(),
    *change_columns(),
)

codec = Codec(Receipt, pb.Receipt)
receipts = Store(table, codec, "receipt", "回款")
listing = Listing(
    table,
    filters={
        "status": by_enum(table.c.status, pb.Receipt.Status),
        "owner_id": by_id(table.c.owner_id),
        "team_id": by_id(table.c.team_id),
        "account_id": by_id(table.c.account_id),
        "contract_id": by_id(table.c.contract_id),
        "bank_reference": by_text(table.c.bank_reference),
        "unapplied_only": Filter(table.c.unapplied > 0),
    },
    orders=("create_time desc", "create_time", "received_date", "received_date desc"),
)


STANDING = Query(
    select(table.c.id, table.c.bank_reference, table.c.status).where(
        table.c.tenant_id == bindparam("tenant_id"),
        or_(
            table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            and_(
                table.c.bank_reference == any_(bindparam("references", type_=ARRAY(Text))),
                table.c.bank_reference != "",
                table.c.status != Status.VOIDED.value,
            ),
        ),
    )
)
"""What stands in the way of receipts with these ids and bank references."""
