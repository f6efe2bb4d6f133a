"""Facts about what customers owe and pay in PostgreSQL, and their sums."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Record
from sqlalchemy import BigInteger, Column, Numeric, Uuid, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.analytics.days import Grain
from services.analytics.instalments.domain import Contract, Debt, Instalment, Payment, by_due_month, with_payments
from services.analytics.metadata import metadata
from services.analytics.months.store import Months
from services.analytics.rollups.store import Rollup, count_column, day_column, upsert_rows
from services.kit.database import Tx
from services.kit.sql import Query, column_values, given_rows
from services.kit.tables import tenant_table, text_column, uuid_column

contracts = tenant_table(
    "contracts",
    metadata,
    uuid_column(),
    text_column("number"),
    uuid_column("account_id"),
    uuid_column("owner_id"),
    uuid_column("team_id", nullable=True),
    day_column("sign_day"),
    Column("version", BigInteger, nullable=False),
)
instalments = tenant_table(
    "instalments",
    metadata,
    uuid_column(),
    uuid_column("contract_id"),
    day_column("due_day"),
    Column("amount", Numeric(15, 2), nullable=False),
    text_column("currency"),
    Column("version", BigInteger, nullable=False),
    # As the contract has them, so that instalments are listed without it; NULL until it is known to be signed.
    Column("number", contracts.c.number.type),
    uuid_column("account_id", nullable=True),
    uuid_column("owner_id", nullable=True),
    uuid_column("team_id", nullable=True),
    day_column("sign_day", nullable=True),
)
payments = tenant_table(
    "payments",
    metadata,
    uuid_column("instalment_id"),
    day_column("day"),
    Column("amount", Numeric(15, 2), nullable=False),
    key=("instalment_id", "day"),
)
rollup = Rollup(
    "receivable_rollups",
    text_column("series"),
    day_column("start"),
    day_column("due_day"),
    text_column("deed"),
    text_column("currency"),
    sums=(Column("amount", Numeric(20, 2), nullable=False), count_column("instalments")),
)
_by_due_month = {grain.value: by_due_month(grain) for grain in (Grain.DAY, Grain.MONTH)}
months = Months("contracts", rollup, "due_day", _by_due_month)

WRITE_CONTRACTS, WRITE_INSTALMENTS = upsert_rows(contracts), upsert_rows(instalments)
_given = insert(payments).from_select([c.name for c in payments.columns], given_rows(payments))
PAY = Query(
    _given.on_conflict_do_update(
        index_elements=list(payments.primary_key.columns),
        set_={"amount": payments.c.amount + _given.excluded.amount},
    ),
    "pay",
)

_ids, _contracts = bindparam("ids", type_=ARRAY(Uuid)), bindparam("contract_ids", type_=ARRAY(Uuid))
OF_IDS = Query(
    select(contracts).where(contracts.c.tenant_id == bindparam("tenant_id"), contracts.c.id == any_(_contracts)),
    "known contracts",
)
CONCERNED = Query(
    select(instalments).where(
        instalments.c.tenant_id == bindparam("tenant_id"),
        or_(instalments.c.id == any_(_ids), instalments.c.contract_id == any_(_contracts)),
    ),
    "known instalments",
)
PAID = Query(
    select(payments).where(
        payments.c.tenant_id == bindparam("tenant_id"), payments.c.instalment_id == any_(_ids), payments.c.amount != 0
    ),
    "known payments",
)


async def known_contracts(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Contract]:
    """Those of the contracts that are known."""
    rows = await tx.fetch(OF_IDS, contract_ids=list(ids))
    return {row["id"]: Contract(**{name: row[name] for name in Contract.__slots__}) for row in rows}


async def known_debts(tx: Tx, ids: Iterable[UUID], contract_ids: Iterable[UUID]) -> dict[UUID, Debt]:
    """What is known of these instalments and of all of these contracts. The contracts themselves are not read."""
    rows = await tx.fetch(CONCERNED, ids=list(ids), contract_ids=list(contract_ids))
    paid: dict[UUID, dict[date, Decimal]] = {row["id"]: {} for row in rows}
    for row in await tx.fetch(PAID, ids=list(paid)):
        paid[row["instalment_id"]][row["day"]] = row["amount"]
    return {row["id"]: Debt(_instalment(row), None, paid[row["id"]]) for row in rows}


def _instalment(row: Record) -> Instalment:
    return Instalment(**{name: row[name] for name in Instalment.__slots__})


async def write(
    tx: Tx, told: Sequence[Contract], debts: Sequence[Debt], paid: Mapping[UUID, Iterable[Payment]]
) -> None:
    """Keep the contracts, the instalments as they are now, and new payments."""
    tenant = {"tenant_id": tx.principal.tenant_id}
    if told:
        rows = [tenant | {name: getattr(one, name) for name in Contract.__slots__} for one in told]
        await tx.write(WRITE_CONTRACTS, **column_values(contracts, rows))
    if debts:
        await tx.write(WRITE_INSTALMENTS, **column_values(instalments, [tenant | _row(debt) for debt in debts]))
    rows = [
        tenant | {"instalment_id": identity, "day": day, "amount": amount}
        for identity, payments_of in sorted(paid.items())
        for day, amount in with_payments({}, payments_of).items()
    ]
    if rows:
        await tx.write(PAY, **column_values(payments, rows))


def _row(debt: Debt) -> dict[str, Any]:
    own = {name: getattr(debt.instalment, name) for name in Instalment.__slots__}
    names = ("number", "account_id", "owner_id", "team_id", "sign_day")
    return own | {name: getattr(debt.contract, name, None) for name in names}
