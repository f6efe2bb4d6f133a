"""A lead as it is described, in whatever order that is told, and what it adds to the sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.analytics.days import Grain
from services.analytics.rollups.domain import NOTHING, Cell, Share, Sums

ERASED = (1 << 63) - 1
"""The version of what is described of an erased person, which is nothing: no other stands after it."""
WHOLE = ""
"""Stands for the attribute in the cell of the lead itself, which counts once however much it is described by."""


@dataclass(frozen=True, slots=True)
class Described:
    """What is told of a lead, and as whose and what it is counted; of one that is not known yet, nothing is."""

    id: UUID
    values: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    owner_id: UUID | None = None
    team_id: UUID | None = None
    channel: str = ""
    capture_day: date | None = None
    signed: bool = False

    def merged(self, values: Mapping[str, str], version: int) -> "Described":
        """The same with what is told at that version, unless what is known is newer."""
        return replace(self, values=dict(values), version=version) if version > self.version else self


def share(described: Described | None) -> Share:
    """What it adds to the sums of its owner, on the day and in the month of capture.

    A cell is series, start, channel, attribute, value; its sums are leads, signed.
    """
    if described is None or described.owner_id is None or described.capture_day is None or not described.values:
        return NOTHING
    sums: Sums = (1, int(described.signed))
    cells: dict[Cell, Sums] = {
        (grain.value, grain.start(described.capture_day), described.channel, name, value): sums
        for name, value in ((WHOLE, ""), *described.values.items())
        for grain in (Grain.DAY, Grain.MONTH)
    }
    return Share(described.owner_id, described.team_id, cells)
