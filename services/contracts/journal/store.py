"""The journal in PostgreSQL. Triggers refuse entries that do not balance, and any UPDATE or DELETE."""

from sqlalchemy import Column, Date, Integer, Numeric, Uuid, any_, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.contracts.journal.domain import Book
from services.contracts.metadata import metadata
from services.kit.sql import Query, given_rows
from services.kit.tables import tenant_table, text_column, time_column, uuid_column

table = tenant_table(
    "journal",
    metadata,
    uuid_column("entry_id"),
    Column("line", Integer, nullable=False),
    text_column("kind"),
    text_column("book"),
    Column("amount", Numeric(15, 2), nullable=False),
    text_column("currency"),
    uuid_column("contract_id", nullable=True),
    uuid_column("instalment_id", nullable=True),
    uuid_column("receipt_id", nullable=True),
    Column("effective_date", Date, nullable=False),
    time_column("recorded_at"),
    uuid_column("actor_id"),
    key=("entry_id", "line"),
)

WRITE = Query(insert(table).from_select([c.name for c in table.columns], given_rows(table)))

_some = any_(bindparam("ids", type_=ARRAY(Uuid)))
_allocated = (table.c.tenant_id == bindparam("tenant_id")) & (table.c.book == Book.RECEIVABLE.value)

ALLOCATIONS = Query(
    select(
        table.c.receipt_id,
        table.c.instalment_id,
        table.c.contract_id,
        (-func.sum(table.c.amount)).label("amount"),
        table.c.currency.label("amount_currency"),
        table.c.effective_date,
    )
    .where(_allocated, table.c.receipt_id == _some)
    .group_by(table.c.receipt_id, table.c.instalment_id, table.c.contract_id, table.c.currency, table.c.effective_date)
    .having(func.sum(table.c.amount) < 0)
    .order_by(table.c.receipt_id, table.c.effective_date, table.c.instalment_id)
)
"""What the receipts pay, reversals taken off."""

_days = (
    select(table.c.instalment_id, table.c.effective_date)
    .where(_allocated, table.c.instalment_id == _some, table.c.receipt_id.is_not(None))
    .group_by(table.c.instalment_id, table.c.effective_date)
    .having(func.sum(table.c.amount) < 0)
    .subquery("days")
)
LAST_PAYMENTS = Query(
    select(_days.c.instalment_id, func.max(_days.c.effective_date).label("day")).group_by(_days.c.instalment_id)
)
"""The last day from which a payment of each instalment counts."""
