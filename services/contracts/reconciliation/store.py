"""The statements that hold the books against themselves."""

from typing import Any

from dealtrail.contracts.v1 import reconciliation_pb2 as pb
from sqlalchemy import (
    Numeric,
    ScalarSelect,
    Select,
    Subquery,
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


def _differing(balance: Balance, kept: Subquery, posted: Subquery) -> Select[Any]:
    """Subjects of which the amounts kept and posted (id, currency, amount) do not sum to the same."""
    nothing = literal(0, Numeric)
    both = union_all(
        select(kept.c.id, kept.c.currency, kept.c.amount.label("kept"), nothing.label("journal")),
        select(posted.c.id, posted.c.currency, nothing.label("kept"), posted.c.amount.label("journal")),
    ).subquery(f"of_{balance.lower()}")
    kept_sum, journal_sum = func.sum(both.c.kept), func.sum(both.c.journal)
    return (
        select(
            literal(balance.value, Text).label("balance"),
            both.c.id.label("subject_id"),
            kept_sum.label("kept"),
            both.c.currency.label("kept_currency"),
            journal_sum.label("journal"),
            both.c.currency.label("journal_currency"),
        )
        .group_by(both.c.id, both.c.currency)
        .having(kept_sum != journal_sum)
    )


def _kept(table: Table, identity: Any, amount: Any, currency: str, *conditions: Any) -> Subquery:
    columns = (identity.label("id"), table.c[currency].label("currency"), amount.label("amount"))
    return select(*columns).where(table.c.tenant_id == _tenant, *conditions).subquery()


def _posted(identity: Any, amount: Any, *conditions: Any) -> Subquery:
    return _kept(journal, identity, amount, "currency", *conditions)


# What is paid and what is unapplied rise as their books fall.
_paid = _differing(
    Balance.PAID,
    _kept(instalments, instalments.c.id, instalments.c.paid, "paid_currency"),
    _posted(
        journal.c.instalment_id,
        -journal.c.amount,
        journal.c.book == Book.RECEIVABLE.value,
        journal.c.receipt_id.is_not(None),
    ),
)
_unapplied = _differing(
    Balance.UNAPPLIED,
    _kept(receipts, receipts.c.id, receipts.c.unapplied, "unapplied_currency"),
    _posted(journal.c.receipt_id, -journal.c.amount, journal.c.book == Book.UNAPPLIED.value),
)
_signed = select(contracts.c.id).where(contracts.c.tenant_id == _tenant, contracts.c.status == Status.SIGNED.value)
_open = _differing(
    Balance.OPEN,
    _kept(
        instalments,
        instalments.c.contract_id,
        instalments.c.amount - instalments.c.paid,
        "amount_currency",
        instalments.c.contract_id.in_(_signed),
    ),
    _posted(journal.c.contract_id, journal.c.amount, journal.c.book == Book.RECEIVABLE.value),
)
BALANCES = union_all(_paid, _unapplied, _open)
"""Balances that differ from the journal."""
DIFFERING = Query(BALANCES.limit(MOST))


def _count(table: Table) -> ScalarSelect[Any]:
    return select(func.count()).select_from(table).where(table.c.tenant_id == _tenant).scalar_subquery()


_contracts = select(func.count()).select_from(_signed.subquery()).scalar_subquery()
CHECKED = Query(select(_count(instalments) + _count(receipts) + _contracts))
"""How many balances there are."""
