"""How alike two distributions are, which channel's leads are most like those who sign, and what follows for the mix."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import fsum, log2
from typing import NamedTuple

from services.analytics.descriptions.domain import WHOLE

SMALLEST = 5
"""Fewer than these are told of together only."""
INDIFFERENT = 0.005
"""A part of the mix that would change by less than this stays as it is."""

Counts = Mapping[str, int]
"""How many have each value."""


class Counted(NamedTuple):
    """Leads of a channel that have a value of an attribute, and how many of them were signed."""

    channel: str
    attribute: str
    value: str
    leads: int
    signed: int


class Advice(StrEnum):
    """What to do about a channel."""

    MORE = "MORE"
    LESS = "LESS"
    KEEP = "KEEP"


def divergence(one: Counts, other: Counts) -> float:
    """JSD₂: the Jensen-Shannon divergence to base 2 of two distributions that are not empty, in [0, 1].

    JSD₂(p, q) = ½ Σ p·log₂(p/m) + ½ Σ q·log₂(q/m) with m = ½(p + q). Summed in the order of values, so that the order
    of counting does not show; the one and the other are alike in every term, so it is symmetric to the last bit.
    """
    ours, theirs = sum(one.values()), sum(other.values())
    terms = []
    for value in sorted(one.keys() | other.keys()):
        p, q = one.get(value, 0) / ours, other.get(value, 0) / theirs
        terms.append((_part(p, q) + _part(q, p)) / 2)
    return min(max(fsum(terms), 0.0), 1.0)


def _part(p: float, q: float) -> float:
    return p * log2(2 * p / (p + q)) if p else 0.0


def similarity(leads: Counts, signed: Counts, minimum: int) -> float | None:
    """1 − JSD₂ of leads and signed customers; None if either sample is below the minimum."""
    if min(sum(leads.values()), sum(signed.values())) < max(minimum, 1):
        return None
    return 1 - divergence(leads, signed)


def mean(similarities: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """The mean by weight, 1 if not said, of those that there are; None if there is none of any weight."""
    told = [(one, weights.get(name, 1.0)) for name, one in sorted(similarities.items()) if one is not None]
    whole = fsum(weight for _, weight in told)
    return fsum(one * weight for one, weight in told) / whole if whole else None


@dataclass
class Persona:
    """Who came by a channel, and who of them signed."""

    channel: str
    leads: int = 0
    signed: int = 0
    by_lead: dict[str, dict[str, int]] = field(default_factory=dict)
    """How many leads have each value, by attribute."""
    by_signed: dict[str, dict[str, int]] = field(default_factory=dict)
    """The same of signed customers."""
    similarity: float | None = None
    share: float | None = None
    suggested: float | None = None

    def add(self, counted: Counted) -> None:
        """Count more."""
        if counted.attribute == WHOLE:
            self.leads += counted.leads
            self.signed += counted.signed
            return
        for kept, more in ((self.by_lead, counted.leads), (self.by_signed, counted.signed)):
            values = kept.setdefault(counted.attribute, {})
            if more:
                values[counted.value] = values.get(counted.value, 0) + more

    def similarities(self, other: "Persona", minimum: int) -> dict[str, float | None]:
        """How alike the leads here are to the signed customers of `other`, by attribute."""
        names = sorted(self.by_lead.keys() | other.by_signed.keys())
        return {name: similarity(self.by_lead.get(name, {}), other.by_signed.get(name, {}), minimum) for name in names}

    @property
    def advice(self) -> Advice | None:
        """What follows from the part that it has and the one suggested; None if there is none, or nothing beside it."""
        if self.share is None or self.suggested is None or self.share == 1:
            return None
        change = self.suggested - self.share
        if abs(change) < INDIFFERENT:
            return Advice.KEEP
        return Advice.MORE if change > 0 else Advice.LESS


def gather(counted: Iterable[Counted]) -> tuple[dict[str, Persona], Persona]:
    """Each channel by its name, and all together."""
    channels: dict[str, Persona] = {}
    together = Persona("")
    for one in counted:
        if one.leads or one.signed:
            channels.setdefault(one.channel, Persona(one.channel)).add(one)
            together.add(one)
    return channels, together


def rank(channels: Iterable[Persona], weights: Mapping[str, float], minimum: int) -> list[Persona]:
    """Each with its similarity and its part of the mix, now and as suggested; the most similar first."""
    found = list(channels)
    for one in found:
        one.similarity = mean(one.similarities(one, minimum), weights)
    alike = [one for one in found if one.similarity is not None]
    leads = sum(one.leads for one in alike)
    pull = fsum(one.leads * (one.similarity or 0.0) for one in alike)
    for one in alike:
        one.share = one.leads / leads
        one.suggested = one.leads * (one.similarity or 0.0) / pull if pull else one.share
    return sorted(found, key=lambda one: (one.similarity is None, -(one.similarity or 0), -one.leads, one.channel))


class Valued(NamedTuple):
    """How many leads and signed customers have a value; None of the signed where that must not be told."""

    value: str
    leads: int
    signed: int | None


def shown(leads: Counts, signed: Counts, minimum: int) -> list[Valued]:
    """The values that may be told, the one of the most leads first, and the rare ones together as the value ""."""
    if sum(leads.values()) < minimum:
        return []
    enough = sum(signed.values()) >= minimum
    often = {value: count for value, count in leads.items() if count >= SMALLEST}
    found = [
        Valued(value, count, _told(signed.get(value, 0), enough))
        for value, count in sorted(often.items(), key=lambda one: (-one[1], one[0]))
    ]
    rare = leads.keys() - often.keys()
    if rare:
        together = sum(signed.get(value, 0) for value in rare)
        found.append(Valued("", sum(leads[value] for value in rare), _told(together, enough)))
    return found


def _told(count: int, enough: bool) -> int | None:
    return count if enough and (count == 0 or count >= SMALLEST) else None
