"""A balance that is kept beside the journal, and how it may differ."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.kit.money import Money


class Balance(StrEnum):
    """A balance that is kept beside the journal."""

    PAID = "PAID"
    UNAPPLIED = "UNAPPLIED"
    OPEN = "OPEN"


@dataclass
class Discrepancy:
    """A balance that is not what the journal says."""

    balance: Balance
    subject_id: UUID
    kept: Money
    journal: Money
