"""Learn what events tell of nurturing, and count it."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from services.analytics.days import Period, day_of, midnight
from services.analytics.nurturing.domain import Group, Reading, Step, Steps, Warmth, gather
from services.analytics.nurturing.store import COUNTED, LEARN, READ, WARMTH, readings, steps
from services.kit.database import Tx
from services.kit.sql import column_values
from services.kit.visibility import reach


async def learn(tx: Tx, told: Iterable[Step]) -> None:
    """Keep each step as of the newest version of its enrolment."""
    newest: dict[UUID, Step] = {}
    for one in sorted(told, key=lambda step: step.version):
        newest[one.id] = one
    tenant = {"tenant_id": tx.principal.tenant_id}
    rows = [tenant | asdict(newest[one]) for one in sorted(newest)]
    await tx.execute(LEARN, **column_values(steps, rows))


async def read(tx: Tx, told: Iterable[Reading]) -> None:
    """Keep what temperatures leads were given."""
    tenant = {"tenant_id": tx.principal.tenant_id}
    rows = [tenant | asdict(one) for one in told]
    await tx.execute(READ, **column_values(readings, rows))


async def count(tx: Tx, within: Period, by: str, chosen: dict[str, Any]) -> tuple[list[Group], Group]:
    """Steps that fell due within the period and leads that could warm up in it, of what is in sight, by group."""
    how_far, names = reach(tx.principal), tuple(sorted(chosen))
    days = chosen | {"start": within.start, "end": within.end, "today": day_of(tx.now)}
    times = chosen | {"begin": midnight(within.start), "until": midnight(within.end)}
    made = [Steps(*row) for row in await tx.fetch(COUNTED(how_far, by, names), **days)]
    return gather(made, [Warmth(*row) for row in await tx.fetch(WARMTH(how_far, by, names), **times)])
