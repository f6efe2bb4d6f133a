"""How soon leads are to be answered and decided, and by which of several policies."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.kit.errors import Invalid


class UnknownTeam(Invalid):
    """The tenant has no such team: the policy would match no lead, and nobody would know why."""

    field = "team_id"
    en = "there is no such team"
    zh = "没有这个团队"


@dataclass(frozen=True)
class SlaPolicy:
    """Time limits for the leads of a team and channel, or of all."""

    code: str
    priority: int
    team_id: UUID | None
    channel: str
    response_minutes: int
    escalate_minutes: int
    disposition_days: int
    manager_id: UUID
    manager_team_id: UUID | None
    reassign: bool
    active: bool

    def matches(self, team_id: UUID | None, channel: str) -> bool:
        """Whether it is for leads of that team and channel."""
        return self.active and self.team_id in (None, team_id) and self.channel in ("", channel)


class Policies:
    """All policies of a tenant."""

    def __init__(self, policies: Iterable[SlaPolicy]) -> None:
        self.all = sorted(policies, key=lambda one: (one.priority, one.code))

    def choose(self, team_id: UUID | None, channel: str) -> SlaPolicy | None:
        """The one by which a clock of such a lead starts."""
        return next((one for one in self.all if one.matches(team_id, channel)), None)

    def named(self, code: str) -> SlaPolicy | None:
        """The one of that code, if it is in use."""
        return next((one for one in self.all if one.code == code and one.active), None)
