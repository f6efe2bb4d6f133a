"""What may decide a collision, in which order it is asked, and to which party it gives the company."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Violated
from services.leads.matching.domain import Row


class Code(StrEnum):
    """What a rule asks; see proto/dealtrail/leads/v1/collision_rules.proto."""

    EXCLUSIVE_LINK = "EXCLUSIVE_LINK"
    FIRST_VALID_TOUCH = "FIRST_VALID_TOUCH"
    PROTECTION_PERIOD = "PROTECTION_PERIOD"
    OPEN_DEAL = "OPEN_DEAL"


@dataclass(frozen=True)
class CollisionRule:
    """One rule of the list."""

    code: Code
    days: int = 0


PRESET = (
    CollisionRule(Code.EXCLUSIVE_LINK, 180),
    CollisionRule(Code.FIRST_VALID_TOUCH, 180),
    CollisionRule(Code.PROTECTION_PERIOD, 30),
    CollisionRule(Code.OPEN_DEAL),
)
"""The shipped list."""


def must_stand_once(rules: Sequence[CollisionRule]) -> None:
    """Refused: INVALID if a rule stands twice."""
    if len({rule.code for rule in rules}) < len(rules):
        raise Violated(("rules", "a rule may stand in the list once", "同一规则只能出现一次"))


class Outcome(StrEnum):
    """What came of the award for a party."""

    WON = "WON"
    LOST = "LOST"


@dataclass
class Party:
    """One side: a lead or account, whose it is, and what the rules ask of it, as it stood when the case opened."""

    row: Row
    row_id: UUID
    owner_id: UUID
    team_id: UUID | None
    company: str
    capture_time: datetime
    challenger: bool = False
    exclusive: bool = False
    first_touch_time: datetime | None = None
    last_touch_time: datetime | None = None
    open_deal_time: datetime | None = None
    outcome: Outcome | None = None


def award(parties: Iterable[Party], rules: Sequence[CollisionRule], opened: datetime) -> tuple[Party, Code] | None:
    """The party that the first rule with an answer names. The order of the parties is of no account."""
    sides = list(parties)
    for rule in rules:
        met = [
            (since, party.row_id, party)
            for party in sides
            for since in _met(rule, party, opened)
            if rule.code is not Code.EXCLUSIVE_LINK or not any(_worked_before(party, one, rule.days) for one in sides)
        ]
        if met:
            return min(met, key=lambda one: one[:2])[2], rule.code
    return None


def _met(rule: CollisionRule, party: Party, opened: datetime) -> Iterator[datetime]:
    """Since when the party meets the rule, if it does."""
    limit = opened - timedelta(days=rule.days) if rule.days else None
    if rule.code is Code.EXCLUSIVE_LINK and party.exclusive:
        yield party.capture_time
    elif rule.code is Code.FIRST_VALID_TOUCH and party.first_touch_time and party.last_touch_time:
        if limit is None or party.last_touch_time >= limit:
            yield party.first_touch_time
    elif rule.code is Code.PROTECTION_PERIOD and not party.challenger:
        if limit is None or max(party.capture_time, party.last_touch_time or party.capture_time) >= limit:
            yield party.capture_time
    elif rule.code is Code.OPEN_DEAL and party.open_deal_time:
        yield party.open_deal_time


def _worked_before(link: Party, other: Party, days: int) -> bool:
    """Whether somebody else worked the company when the lead came by the link, which its rep may have filled in."""
    if other.owner_id == link.owner_id:
        return False
    if other.open_deal_time and other.open_deal_time < link.capture_time:
        return True
    first, last = other.first_touch_time, other.last_touch_time
    if first is None or last is None or first >= link.capture_time:
        return False
    return not days or last >= link.capture_time - timedelta(days=days)


REASONS: dict[Code, tuple[str, str]] = {
    Code.EXCLUSIVE_LINK: ("came through an own share link first", "最先通过专属分享链接获得"),
    Code.FIRST_VALID_TOUCH: (
        "was in touch first[, and within {days} days]",
        "最先有效触达[，且在 {days} 天有效期内]",
    ),
    Code.PROTECTION_PERIOD: (
        "had it before[, and within the protection of {days} days]",
        "先行持有[，且在 {days} 天保护期内]",
    ),
    Code.OPEN_DEAL: ("has the deal opened first", "最先拥有进行中的商机"),
}
