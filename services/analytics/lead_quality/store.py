"""Leads by score, out of the facts: a period of capture is a range of an index."""

from typing import Any

from sqlalchemy import ColumnElement, DateTime, Integer, Text, bindparam, case, cast, func, select
from sqlalchemy.sql.expression import Executable

from services.analytics.lead_quality.domain import BANDS
from services.analytics.leads.store import leads
from services.analytics.rollups.store import total
from services.kit.sql import Variants
from services.kit.visibility import in_sight

KEYS: dict[str, Any] = {
    "OWNER": cast(leads.c.owner_id, Text),
    "TEAM": func.coalesce(cast(leads.c.team_id, Text), ""),
    "CHANNEL": leads.c.channel,
    "LEAD_TYPE": leads.c.lead_type,
}
"""What a group is told apart by."""
FILTERS: dict[str, ColumnElement[bool]] = {
    name: leads.c[name] == bindparam(name, type_=leads.c[name].type) for name in ("owner_id", "team_id", "channel")
}


def _counted(how_far: str, by: str, chosen: tuple[str, ...]) -> Executable:
    band = case((leads.c.judged, func.least(leads.c.score // (100 // BANDS), BANDS - 1))).label("band")
    key = KEYS[by].label("key")
    begin, end = (bindparam(name, type_=DateTime(timezone=True)) for name in ("begin", "end"))
    found = select(
        key,
        cast(band, Integer).label("band"),
        func.count(),
        func.count().filter(leads.c.qualified),
        total(leads.c.score),
    ).where(in_sight(leads, how_far), leads.c.capture_time >= begin, leads.c.capture_time < end)
    for name in chosen:
        found = found.where(FILTERS[name])
    return found.group_by(key, band)


COUNTED = Variants(_counted)
