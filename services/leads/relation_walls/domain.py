"""Who of us knows whom of a customer, and how well."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.kit.errors import Invalid
from services.leads.contact_merges.domain import standing

STRONGEST = 5


class UnknownContact(Invalid):
    """The contact is none of that customer."""

    field = "scores"
    en = "no such contact of this account: {id}"
    zh = "该客户没有这位联系人：{id}"


class UnknownColleague(Invalid):
    """The user is no active member of the tenant."""

    field = "scores"
    en = "no such active user: {id}"
    zh = "找不到该在职人员：{id}"


@dataclass
class WallScore:
    """How well one of ours knows one of theirs, 0 to 5."""

    contact_id: UUID
    user_id: UUID
    strength: int
    previous_strength: int | None = None


@dataclass
class RelationWall:
    """Who knows whom, in one cycle."""

    account_id: UUID
    cycle: str = ""
    previous_cycle: str = ""
    scores: list[WallScore] = field(default_factory=list)
    gaps: list[UUID] = field(default_factory=list)
    strength: float | None = None
    delta: float | None = None


def united(scores: Iterable[WallScore], into: Mapping[UUID, UUID]) -> list[WallScore]:
    """Scores, the oldest first, as they count once contacts were merged `into` others.

    For who was scored by both records the survivor's own stands, else the newest of those of the duplicates.
    """
    found: dict[tuple[UUID, UUID], WallScore] = {}
    own: set[tuple[UUID, UUID]] = set()
    for one in scores:
        stands = standing(one.contact_id, into)
        pair = stands, one.user_id
        if stands == one.contact_id:
            own.add(pair)
        if stands == one.contact_id or pair not in own:
            found[pair] = replace(one, contact_id=stands)
    return list(found.values())


def wall(
    account_id: UUID,
    contacts: Iterable[UUID],
    now: tuple[str, list[WallScore]],
    before: tuple[str, list[WallScore]],
) -> RelationWall:
    """The wall of a cycle beside the one before, over the contacts that the customer has now."""
    people = sorted(contacts)
    known = {(one.contact_id, one.user_id): one.strength for one in before[1]}
    scores = [
        WallScore(one.contact_id, one.user_id, one.strength, known.get((one.contact_id, one.user_id)))
        for one in now[1]
        if one.contact_id in people
    ]
    best = _best(people, now[1])
    strength = _share(best)
    then = _share(_best(people, before[1])) if before[0] else None
    delta = strength - then if strength is not None and then is not None else None
    gaps = [one for one in people if not best[one]]
    return RelationWall(account_id, now[0], before[0], scores, gaps, strength, delta)


def _best(people: list[UUID], scores: Iterable[WallScore]) -> dict[UUID, int]:
    best = dict.fromkeys(people, 0)
    for one in scores:
        if one.contact_id in best:
            best[one.contact_id] = max(best[one.contact_id], one.strength)
    return best


def _share(best: dict[UUID, int]) -> float | None:
    return sum(best.values()) / (STRONGEST * len(best)) if best else None
