"""A stage of the process, counted."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

STAGES = ("COLLECTED", "VERIFIED", "DISTRIBUTED", "NURTURED", "CONVERTED", "CLOSED")
"""In the order in which a lead goes through them."""


class Standing(NamedTuple):
    """Leads that stand in a stage, and for how long they have by now, in seconds."""

    stage: str
    leads: int = 0
    p50_s: float | None = None
    p90_s: float | None = None


class Dwell(NamedTuple):
    """Leads that left a stage, and for how long they had stood there, in seconds."""

    left: int = 0
    p50_s: float | None = None
    p90_s: float | None = None


NOBODY_LEFT = Dwell()


class StageCount(NamedTuple):
    """Both of one stage."""

    standing: Standing
    dwell: Dwell


def gather(standing: Iterable[Standing], dwell: Mapping[str, Dwell]) -> list[StageCount]:
    """All stages in their order, those where nobody stands too."""
    known = {one.stage: one for one in standing}
    return [StageCount(known.get(stage, Standing(stage)), dwell.get(stage, NOBODY_LEFT)) for stage in STAGES]
