"""Who gets a lead: the first rule that fits, the turn among those who can take it, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID

from services.leads.assignment.refusals import UnderloadAboveOverload
from services.leads.notices.domain import News


class Reason(StrEnum):
    """Why somebody got a lead; see proto/dealtrail/leads/v1/assignment.proto."""

    RULE = "RULE"
    DUTY = "DUTY"
    BY_HAND = "BY_HAND"
    NOBODY_AVAILABLE = "NOBODY_AVAILABLE"


class Hindrance(StrEnum):
    """Why a member of a rule cannot take a lead now."""

    NONE = "NONE"
    INACTIVE = "INACTIVE"
    ABSENT = "ABSENT"
    FULL = "FULL"


class Load(StrEnum):
    """How loaded somebody is, by the tenant's thresholds."""

    NORMAL = "NORMAL"
    UNDER = "UNDER"
    OVER = "OVER"


class LeadAssignedByRule(News):
    """A rule has made the user the owner of a lead."""

    zh = "线索「{company}」已分配给您（{rule}）"
    en = "The lead {company} was assigned to you ({rule})"


@dataclass(frozen=True)
class Member:
    """A user among whom a rule shares leads out, and how many of each `sum of weights`."""

    user_id: UUID
    weight: int = 1


@dataclass(frozen=True)
class Rule:
    """To whom leads of a kind go. Each list that is not empty must hold what the lead says."""

    name: str
    regions: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)

    def fits(self, features: "Features") -> bool:
        """Whether the rule is for such a lead. A region holds those below it: 华东 holds 华东/上海."""
        lies = any(features.region == one or features.region.startswith(one + "/") for one in self.regions)
        return (
            (not self.regions or lies)
            and (not self.products or features.product in self.products)
            and (not self.channels or features.channel in self.channels)
        )

    def turn_key(self, weights: Mapping[UUID, int]) -> bytes:
        """What a round of turns is named by: the rule, and among whom with which weights it shares out.

        Whoever drops out for a while so begins another round, and nobody owes them anything when they are back.
        """
        who = sorted((str(user), weight) for user, weight in weights.items())
        return blake2b(f"{self.name}|{who}".encode(), digest_size=16).digest()


@dataclass
class AssignmentRules:
    """A version of the tenant's rules. The first that fits, and has a member who can take the lead, decides."""

    rules: list[Rule] = field(default_factory=list)
    automatic: bool = False
    capacity: int = 30
    under_percent: int = 60
    over_percent: int = 100
    version: int = 0

    def check(self) -> None:
        """Refused: UNDERLOAD_ABOVE_OVERLOAD."""
        if self.under_percent >= self.over_percent:
            raise UnderloadAboveOverload

    def load(self, open_leads: int, capacity: int) -> Load:
        """Utilisation (P4-25) = open leads / capacity, held against the thresholds."""
        percent = Decimal(open_leads) / capacity * 100
        if percent < self.under_percent:
            return Load.UNDER
        return Load.OVER if percent > self.over_percent else Load.NORMAL


@dataclass(frozen=True)
class Features:
    """What rules look at in a lead."""

    region: str = ""
    product: str = ""
    channel: str = ""


@dataclass(frozen=True)
class Absence:
    """Days on which somebody takes no leads, the last included."""

    first_day: date
    last_day: date


@dataclass(frozen=True)
class Duty:
    """Somebody takes the leads that come when nobody works, from `begin_time` until before `end_time`."""

    user_id: UUID
    begin_time: datetime
    end_time: datetime


@dataclass
class Roster:
    """Who is on duty when, by the begin of the duties."""

    duties: list[Duty] = field(default_factory=list)

    def on_duty(self, at: datetime) -> UUID | None:
        """Who takes the leads that come at that instant: of two the one who began first."""
        return next((one.user_id for one in self.duties if one.begin_time <= at < one.end_time), None)


@dataclass
class Rep:
    """How many open leads somebody may have, and when they take none. 0 is the tenant's default."""

    user_id: UUID
    capacity: int = 0
    absences: list[Absence] = field(default_factory=list)

    def absent(self, day: date) -> bool:
        """Whether they take no leads that day."""
        return any(one.first_day <= day <= one.last_day for one in self.absences)


@dataclass(frozen=True)
class Candidate:
    """A member of a rule as things stand when a lead is to be assigned."""

    user_id: UUID
    weight: int
    open_leads: int
    capacity: int
    hindrance: Hindrance


@dataclass(frozen=True)
class Assignment:
    """Somebody was given a lead."""

    id: UUID
    lead_id: UUID
    user_id: UUID
    reason: Reason
    rule: str
    rules_version: int
    open_leads: int
    capacity: int
    actor_id: UUID
    create_time: datetime


@dataclass(frozen=True)
class Decision:
    """Who gets a lead, and why. `user_id` is None if nobody can take it."""

    reason: Reason
    user_id: UUID | None = None
    rule: Rule | None = None
    candidates: tuple[Candidate, ...] = ()
    passed_over: tuple[str, ...] = ()
    """Rules that fit, and none of whose members could take the lead."""

    @property
    def chosen(self) -> Candidate | None:
        """Who gets it, as things stand; None where no rule decided."""
        return next((one for one in self.candidates if one.user_id == self.user_id), None)


def able(candidates: Iterable[Candidate]) -> dict[UUID, int]:
    """The weights of those who can take a lead."""
    return {one.user_id: one.weight for one in candidates if one.hindrance is Hindrance.NONE}


def next_turn(weights: Mapping[UUID, int], given: Mapping[UUID, int]) -> UUID:
    """Whose turn it is: shares never differ from the weights by one lead or more, however many have been given.

    The k-th lead of somebody with the share w / W is due between the leads (k-1)·W/w and k·W/w; among those whose
    time has begun the nearest end goes first (Baruah, Cohen, Plaxton, Varvel, "Proportionate progress", 1996).
    """
    total, number = sum(weights.values()), sum(given.get(user, 0) for user in weights) + 1
    begun = [user for user, weight in weights.items() if given.get(user, 0) * total < number * weight]
    return min(begun, key=lambda user: (-(-(given.get(user, 0) + 1) * total // weights[user]), user))
