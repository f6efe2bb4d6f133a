"""Entries of the books: what they move from where to where, and from which day they count."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.kit.money import Money


class Book(StrEnum):
    """Where amounts stand. The postings of an entry sum to nothing over all books."""

    RECEIVABLE = "RECEIVABLE"
    """What is owed of an instalment."""
    CONTRACTED = "CONTRACTED"
    """What was sold, by instalment; its balance is never positive."""
    CASH = "CASH"
    """Money that came in, by receipt."""
    UNAPPLIED = "UNAPPLIED"
    """Money of a receipt that pays no instalment yet; its balance is never positive."""


class Kind(StrEnum):
    """Why an entry was written."""

    SIGN = "SIGN"
    RECEIPT = "RECEIPT"
    ALLOCATION = "ALLOCATION"
    VOID = "VOID"


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry: an amount, positive where the book gains, and what it is about."""

    book: Book
    amount: Decimal
    contract_id: UUID | None = None
    instalment_id: UUID | None = None
    receipt_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Postings of one currency that sum to nothing, and the day from which they count."""

    kind: Kind
    effective_date: date
    currency: str
    postings: tuple[Posting, ...]

    def reversed(self) -> "Entry":
        """The entry that undoes this one from the day on which it counted: as if it had never been."""
        undone = (replace(posting, amount=-posting.amount) for posting in self.postings)
        return replace(self, kind=Kind.VOID, postings=tuple(undone))


def signed(contract_id: UUID, instalments: Iterable[tuple[UUID, Money]], day: date) -> Entry:
    """The instalments of a contract are owed from its signing."""
    postings, currency = [], ""
    for identity, money in instalments:
        currency = money.currency
        postings.append(Posting(Book.RECEIVABLE, money.amount, contract_id, identity))
        postings.append(Posting(Book.CONTRACTED, -money.amount, contract_id, identity))
    return Entry(Kind.SIGN, day, currency, tuple(postings))


def received(receipt_id: UUID, money: Money, day: date) -> Entry:
    """Money came in, and pays nothing yet."""
    cash = Posting(Book.CASH, money.amount, receipt_id=receipt_id)
    unapplied = Posting(Book.UNAPPLIED, -money.amount, receipt_id=receipt_id)
    return Entry(Kind.RECEIPT, day, money.currency, (cash, unapplied))


def allocated(receipt_id: UUID, contract_id: UUID, instalment_id: UUID, money: Money, day: date) -> Entry:
    """Money that came in pays an instalment."""
    unapplied = Posting(Book.UNAPPLIED, money.amount, receipt_id=receipt_id)
    paid = Posting(Book.RECEIVABLE, -money.amount, contract_id, instalment_id, receipt_id)
    return Entry(Kind.ALLOCATION, day, money.currency, (unapplied, paid))
