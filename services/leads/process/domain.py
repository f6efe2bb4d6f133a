"""The stages that a lead goes through, and which one it stands in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_PASSAGES = 100
"""So many of the newest changes of stage are kept with a lead."""


class Stage(StrEnum):
    """How far a lead has come; see proto/dealtrail/leads/v1/process.proto."""

    COLLECTED = "COLLECTED"
    VERIFIED = "VERIFIED"
    DISTRIBUTED = "DISTRIBUTED"
    NURTURED = "NURTURED"
    CONVERTED = "CONVERTED"
    CLOSED = "CLOSED"


ENDS = {"CONVERTED": Stage.CONVERTED, "DISCARDED": Stage.CLOSED}


@dataclass(frozen=True)
class Passage:
    """A stage that a lead came to, and when."""

    stage: Stage
    enter_time: datetime


def stage_of(status: str, distributed: bool, nurtured: bool) -> Stage:
    """The one stage of a lead: its end if it has come to one, else the farthest of what has been done with it.

    It follows from what is so of the lead now, not from the stage before: whatever happens, in whatever order, there
    is one answer, and what is undone (reopened, returned to the pool) leads back by itself.
    """
    if status in ENDS:
        return ENDS[status]
    if nurtured:
        return Stage.NURTURED
    if distributed:
        return Stage.DISTRIBUTED
    return Stage.VERIFIED if status == "QUALIFIED" else Stage.COLLECTED
