"""An instalment as events tell of it, in whatever order they arrive, and what it adds to the sums."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from services.analytics.days import Grain
from services.analytics.rollups.domain import NOTHING, Cell, Share, Sums, put


def by_due_month(grain: str) -> str:
    """The series of the deeds of that part of the calendar by the month in which money is due, not by its day."""
    return f"{grain}_BY_DUE_MONTH"


class Deed(StrEnum):
    """What happened to money that is owed."""

    BILLED = "BILLED"
    PAID = "PAID"
    PAID_LATE = "PAID_LATE"


@dataclass(frozen=True, slots=True)
class Contract:
    """What is known of a signed contract at its newest known version."""

    id: UUID
    number: str
    account_id: UUID
    owner_id: UUID
    team_id: UUID | None
    sign_day: date
    version: int

    def with_team_of(self, teams: Mapping[UUID, UUID | None]) -> "Contract":
        """The same with the team where its owner works now, if that is among `teams`."""
        return replace(self, team_id=teams.get(self.owner_id, self.team_id))


@dataclass(frozen=True, slots=True)
class Instalment:
    """What is known of an instalment at its newest known version. `due_day` is FOREVER while it is not known."""

    id: UUID
    contract_id: UUID
    due_day: date
    amount: Decimal
    currency: str
    version: int


Told = TypeVar("Told", Contract, Instalment)


@dataclass(frozen=True, slots=True)
class Payment:
    """A part of a receipt that pays an instalment from a day on; negative where a receipt was voided."""

    instalment_id: UUID
    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Debt:
    """An instalment with its contract, once that is known to be signed, and what was paid by day."""

    instalment: Instalment
    contract: Contract | None = None
    paid: Mapping[date, Decimal] = field(default_factory=dict)

    def share(self) -> Share:
        """What it adds to the sums of the contract's owner. Nothing is owed before its contract is known to be signed.

        A cell is series, start, due day or the first of its month, deed, currency; its sums are amount and
        instalments, which are counted as paid on the day when nothing of them is left.
        """
        if self.contract is None:
            return NOTHING
        cells: dict[Cell, Sums] = {}
        due_day = self.instalment.due_day
        for day, deed, amount, instalments in self.deeds():
            for grain in (Grain.DAY, Grain.MONTH):
                for series, due in ((grain.value, due_day), (by_due_month(grain), Grain.MONTH.start(due_day))):
                    cell = (series, grain.start(day), due, deed.value, self.instalment.currency)
                    put(cells, cell, (amount, instalments))
        return Share(self.contract.owner_id, self.contract.team_id, cells)

    def deeds(self) -> Iterator[tuple[date, Deed, Decimal, int]]:
        """What was done with it: the day, the deed, how much, and how many instalments are billed or paid up by it."""
        if self.contract is None:
            return
        yield self.contract.sign_day, Deed.BILLED, self.instalment.amount, 1
        left = self.instalment.amount
        for day in sorted(self.paid):
            deed = Deed.PAID if day <= self.instalment.due_day else Deed.PAID_LATE
            was_open, left = left > 0, left - self.paid[day]
            yield day, deed, self.paid[day], int(was_open) - int(left > 0)


def newer(known: Told | None, told: Told | None) -> Told:
    """The newer of the two, of which one is there."""
    if known is None or told is None:
        found = known or told
        assert found is not None
        return found
    return told if told.version > known.version else known


def with_payments(paid: Mapping[date, Decimal], more: Iterable[Payment]) -> dict[date, Decimal]:
    """What was paid by day; days on which nothing is left of it are dropped."""
    found = dict(paid)
    for payment in more:
        found[payment.day] = found.get(payment.day, Decimal(0)) + payment.amount
    return {day: amount for day, amount in found.items() if amount}
