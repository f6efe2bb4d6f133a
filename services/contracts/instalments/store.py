"""Instalments in PostgreSQL. They are seen with their contract.

At every commit the instalments of a contract sum to its amount, in its currency, and what is paid of
each lies between nothing and its amount: a deferred constraint trigger and CHECKs see to that.
"""

from dealtrail.contracts.v1 import contracts_pb2 as pb
from sqlalchemy import BigInteger, Column, Date, Integer, Numeric, Uuid, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from services.contracts.instalments.domain import Instalment
from services.contracts.metadata import metadata
from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import money_columns, tenant_table, text_column, uuid_column

table = tenant_table(
    "instalments",
    metadata,
    uuid_column(),
    uuid_column("contract_id"),
    Column("seq", Integer, nullable=False),
    text_column("label"),
    text_column("trigger"),
    Column("due_date", Date),
    *money_columns("amount"),
    *money_columns("paid"),
    Column("paid_date", Date),
    Column("version", BigInteger, nullable=False),
)

codec = Codec(Instalment, pb.Instalment)
instalments = Store(table, codec, "instalment", "分期")

_mine = (table.c.tenant_id == bindparam("tenant_id"), table.c.contract_id == bindparam("contract_id"))
OF_CONTRACT = Query(select(table).where(*_mine).order_by(table.c.seq))
REMOVE = Query(delete(table).where(*_mine))

_payments = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("amounts", type_=ARRAY(Numeric(15, 2))),
        bindparam("days", type_=ARRAY(Date)),
        bindparam("versions", type_=ARRAY(BigInteger)),
    )
    .table_valued("id", "amount", "day", "version", name="payments")
    .render_derived()
)
_paid = table.c.paid + _payments.c.amount
PAY = Query(
    update(table)
    .where(
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.id == _payments.c.id,
        _paid <= table.c.amount,
        _paid >= 0,
    )
    .values(paid=_paid, paid_date=_payments.c.day, version=_payments.c.version)
)
"""Add an amount to what is paid of each instalment; negative ones take it back. `days` says by when each is fully
paid, if it is by now. Fewer rows are touched than given where one would be paid beyond its amount, or below nothing."""
