"""How many exclusive leads somebody has."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from services.leads.leads.domain import Status
from services.leads.notices.domain import News


class LeadNoLongerExclusive(News):
    """Somebody above has ended that a lead is its owner's alone."""

    zh = "您的专属线索已被解除专属，原因：{purpose}"
    en = "a lead of yours is no longer exclusive to you: {purpose}"


class Counted(NamedTuple):
    """Exclusive leads of one owner that stand somewhere."""

    owner_id: UUID
    team_id: UUID | None
    status: Status
    leads: int


class Owner(NamedTuple):
    """Exclusive leads of one owner, by what became of them."""

    owner_id: UUID
    team_id: UUID | None
    open: int
    converted: int
    discarded: int


def by_owner(counted: Iterable[Counted]) -> list[Owner]:
    """The counts of each owner, the one with the most open leads first."""
    found: dict[UUID, dict[str, int]] = {}
    teams: dict[UUID, UUID | None] = {}
    columns = {Status.CONVERTED: "converted", Status.DISCARDED: "discarded"}
    for one in counted:
        sums = found.setdefault(one.owner_id, {"open": 0, "converted": 0, "discarded": 0})
        sums[columns.get(one.status, "open")] += one.leads
        teams[one.owner_id] = one.team_id
    owners = [Owner(owner, teams[owner], **sums) for owner, sums in found.items()]
    return sorted(owners, key=lambda owner: (-owner.open, owner.owner_id))
