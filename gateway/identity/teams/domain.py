"""Teams and their tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.kit.trees import subtree

MOST_TEAMS = 100
"""A manager's call carries the ids of all teams below, in a header that has 8 KiB."""


class UnknownParentTeam(Invalid):
    """The team to stand under does not exist."""

    field = "parent_id"
    en = "there is no such team"
    zh = "没有这个上级团队"


class TeamNameTaken(Refused):
    """A team beside it has that name."""

    field = "name"
    en = "there is a team named {name} beside it already"
    zh = "同级已有名为 {name} 的团队"


class TeamBelowItself(Refused):
    """The new parent is the team itself or stands below it."""

    field = "parent_id"
    en = "a team cannot stand under itself or under a team below it"
    zh = "团队不能移动到自身或其下级团队之下"


class TooManyTeams(Refused):
    """The tenant has as many teams as it may."""

    en = "there are {limit} teams already, which is the most"
    zh = "团队数量已达上限 {limit}"


@dataclass
class Team:
    """People who work together."""

    id: UUID
    name: str
    parent_id: UUID | None
    create_time: datetime
    update_time: datetime
    version: int = 1


def must_stand_under(parents: Mapping[UUID, UUID | None], team: UUID, parent: UUID | None) -> None:
    """Whether the team may stand there. Refused: UNKNOWN_PARENT_TEAM, TEAM_BELOW_ITSELF."""
    if parent is None:
        return
    if parent not in parents:
        raise UnknownParentTeam
    if parent in subtree(parents, team):
        raise TeamBelowItself
