"""The statements that hold the books against themselves."""

from typing import Any

from dealtrail.contracts.v1 import reconciliation_pb2 as pb
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    union_all,
)

from services.contracts.contracts.domain import Status
from services.contracts.contracts.store import table as contracts
from services.contracts.instalments.store import table as instalments
from services.contracts.journal.domain import Book
from services.contracts.journal.store import table as journal
from services.contracts.receipts.store import table as receipts
from services.contracts.reconciliation.domain import Balance, Discrepancy
from services.kit.codec import Codec
from services.kit.sql import Query

MOST = 100
_tenant = bindparam("tenant_id", type_=Uuid)

codec = Codec(Discrepancy, pb.Discrepancy)


def _differing(
    balance: Balance, kept: Select[Any], subject: str, *postings: ColumnElement[bool], sign: int = 1
) -> Select[Any]:
    """Subjects of which `kept` (id, kept, currency) differs from the sum of those postings, times `sign`."""
    mine = kept.subquery(f"kept_{balance.lower()}")
    told = (
        select(journal.c[subject].label("id"), (sign * func.sum(journal.c.amount)).label("amount"))
        .where(journal.c.tenant_id == _tenant, *postings)
        .group_by(journal.c[subject])
        .subquery(f"journal_{balance.lower()}")
    )
    says = func.coalesce(told.c.amount, 0)
    return (
        select(
            literal(balance.value, Text).label("balance"),
            mine.c.id.label("subject_id"),
            mine.c.kept,
            mine.c.currency.label("kept_currency"),
            says.label("journal"),
            mine.c.currency.label("journal_currency"),
        )
        .join_from(mine, told, mine.c.id == told.c.id, isouter=True)
        .where(mine.c.kept != says)
    )


def _of(table: Table, kept: ColumnElement[Any], currency: str) -> Select[Any]:
    columns = (table.c.id, kept.label("kept"), table.c[currency].label("currency"))
    return select(*columns).where(table.c.tenant_id == _tenant)


# What is paid and what is unapplied rise as their books fall.
_paid = _differing(
    Balance.PAID,
    _of(instalments, instalments.c.paid, "paid_currency"),
    "instalment_id",
    journal.c.book == Book.RECEIVABLE.value,
    journal.c.receipt_id.is_not(None),
    sign=-1,
)
_unapplied = _differing(
    Balance.UNAPPLIED,
    _of(receipts, receipts.c.unapplied, "unapplied_currency"),
    "receipt_id",
    journal.c.book == Book.UNAPPLIED.value,
    sign=-1,
)
_open = (
    select(
        contracts.c.id,
        func.sum(instalments.c.amount - instalments.c.paid).label("kept"),
        contracts.c.amount_currency.label("currency"),
    )
    .join_from(contracts, instalments, contracts.c.id == instalments.c.contract_id)
    .where(
        contracts.c.tenant_id == _tenant,
        instalments.c.tenant_id == _tenant,
        contracts.c.status == Status.SIGNED.value,
    )
    .group_by(contracts.c.tenant_id, contracts.c.id)
)
DIFFERING = Query(
    union_all(
        _paid, _unapplied, _differing(Balance.OPEN, _open, "contract_id", journal.c.book == Book.RECEIVABLE.value)
    ).limit(MOST)
)
"""Balances that differ from the journal."""


def _count(table: Table) -> ScalarSelect[Any]:
    return select(func.count()).select_from(table).where(table.c.tenant_id == _tenant).scalar_subquery()


_signed = (
    select(func.count())
    .select_from(contracts)
    .where(contracts.c.tenant_id == _tenant, contracts.c.status == Status.SIGNED.value)
)
CHECKED = Query(select(_count(instalments) + _count(receipts) + _signed.scalar_subquery()))
"""How many balances there are."""
