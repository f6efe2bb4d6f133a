"""A lead as events tell of it, in whatever order they arrive, and what it adds to the sums."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.analytics.days import Grain
from services.analytics.rollups.domain import NOTHING, Cell, Share, Sums

CONVERTED, DISCARDED, MERGED = "CONVERTED", "DISCARDED", "MERGED"
COLLECTED = "COLLECTED"
LEFT = {COLLECTED: "collected_s", "VERIFIED": "verified_s", "DISTRIBUTED": "distributed_s", "NURTURED": "nurtured_s"}
"""The stages of the process in which a lead stands for a time, and where the fact keeps for how long."""
STAGE_OF = {"QUALIFIED": "VERIFIED", CONVERTED: CONVERTED, DISCARDED: "CLOSED"}
"""Where a lead stands of whom was told before stages were, by its status."""


@dataclass(frozen=True, slots=True)
class Lead:
    """What is known of a lead at its newest known version, and whether it was ever judged worth pursuing."""

    id: UUID
    company: str
    owner_id: UUID
    team_id: UUID | None
    channel: str
    campaign: str
    status: str
    qualified: bool
    capture_time: datetime
    capture_day: date
    version: int
    lead_type: str = ""
    score: int = 0
    judged: bool = False
    """Whether anybody ever judged it, by a checklist or by a score."""
    exclusive: bool = False
    """Whether its owner alone sees it; others may count it."""
    deal_id: UUID | None = None
    stage: str = COLLECTED
    stage_time: datetime | None = None
    """Since when it stands in that stage; None where nobody recorded that."""
    collected_s: int | None = None
    """For how many seconds in all it stood in the stage before it went on; None if it never left it."""
    verified_s: int | None = None
    distributed_s: int | None = None
    nurtured_s: int | None = None

    def merged(self, told: "Lead") -> "Lead":
        """What is known once `told` is, too: the same for every order and repetition of telling."""
        newer = told if told.version > self.version else self
        return replace(newer, qualified=self.qualified or told.qualified, judged=self.judged or told.judged)

    def with_team_of(self, teams: Mapping[UUID, UUID | None]) -> "Lead":
        """The same with the team where its owner works now, if that is among `teams`."""
        team_id = teams.get(self.owner_id, self.team_id)
        return self if team_id == self.team_id else replace(self, team_id=team_id)


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a lead waited for the first touch, and which limits it ran beyond."""

    id: UUID
    version: int
    response_s: int | None
    response_working_s: int | None
    limited: bool
    """Whether there was a limit for the first touch."""
    breached: bool
    """Whether that limit was passed before the first touch."""
    silent: bool
    """Whether it is undecided past its limit."""


def dwell(collected: datetime, passages: Iterable[tuple[str, datetime]]) -> dict[str, int]:
    """How long it stood in each stage that it left, in whole seconds: all its visits there together."""
    found: dict[str, int] = {}
    stage, since = COLLECTED, collected
    for following, at in passages:
        if stage in LEFT:
            name = LEFT[stage]
            found[name] = found.get(name, 0) + max(int((at - since).total_seconds()), 0)
        stage, since = following, at
    return found


def share(lead: Lead | None) -> Share:
    """What the lead adds to the sums of its owner, on the day and in the month of its capture.

    A cell is series, start, channel, campaign; its sums are leads, qualified, converted, discarded. What was merged
    into another lead is counted as that.
    """
    if lead is None or lead.status == MERGED:
        return NOTHING
    sums: Sums = (1, int(lead.qualified), int(lead.status == CONVERTED), int(lead.status == DISCARDED))
    cells: dict[Cell, Sums] = {
        (grain.value, grain.start(lead.capture_day), lead.channel, lead.campaign): sums
        for grain in (Grain.DAY, Grain.MONTH)
    }
    return Share(lead.owner_id, lead.team_id, cells)
