"""Leads by stage, out of the facts: a period of capture is a range of an index."""

from sqlalchemy import DateTime, Select, bindparam, func, select
from sqlalchemy.sql.expression import Executable

from services.analytics.leads.domain import LEFT
from services.analytics.leads.store import counted, leads
from services.analytics.rollups.store import END, START
from services.kit.sql import Variants

FILTERS = ("owner_id", "team_id", "channel")


def _within(found: Select[tuple[object, ...]], how_far: str, chosen: tuple[str, ...]) -> Select[tuple[object, ...]]:
    found = found.where(counted(how_far), leads.c.capture_day >= START, leads.c.capture_day < END)
    for name in chosen:
        found = found.where(leads.c[name] == bindparam(name, type_=leads.c[name].type))
    return found


def _standing(how_far: str, chosen: tuple[str, ...]) -> Executable:
    stood = func.extract("epoch", bindparam("now", type_=DateTime(timezone=True)) - leads.c.stage_time)
    waits = (func.percentile_cont(share).within_group(stood) for share in (0.5, 0.9))
    found = select(leads.c.stage, func.count(), *waits)
    return _within(found, how_far, chosen).group_by(leads.c.stage)


def _dwell(how_far: str, chosen: tuple[str, ...]) -> Executable:
    """Count, median and ninth decile of each stage that leads leave, one after the other."""
    found = select(
        *(
            value
            for name in LEFT.values()
            for value in (
                func.count(leads.c[name]),
                *(func.percentile_cont(share).within_group(leads.c[name]) for share in (0.5, 0.9)),
            )
        )
    )
    return _within(found, how_far, chosen)


STANDING = Variants(_standing)
DWELL = Variants(_dwell)
