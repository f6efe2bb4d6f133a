"""Leads by score, out of the facts: a period of capture is a range of an index."""

from typing import Any

from sqlalchemy import ColumnElement, DateTime, Integer, Select, Text, bindparam, case, cast, func, literal, select
from sqlalchemy.sql.expression import Executable

from services.analytics.lead_quality.domain import BANDS
from services.analytics.leads.store import clocks, counted, leads
from services.analytics.rollups.store import total
from services.kit.sql import Variants

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


def _within(found: Select[Any], how_far: str, chosen: tuple[str, ...]) -> Select[Any]:
    begin, end = (bindparam(name, type_=DateTime(timezone=True)) for name in ("begin", "end"))
    found = found.where(counted(how_far), leads.c.capture_time >= begin, leads.c.capture_time < end)
    for name in chosen:
        found = found.where(FILTERS[name])
    return found


def _counted(how_far: str, by: str, chosen: tuple[str, ...]) -> Executable:
    band = case((leads.c.judged, func.least(leads.c.score // (100 // BANDS), BANDS - 1))).label("band")
    key = KEYS[by].label("key")
    found = select(
        key,
        cast(band, Integer).label("band"),
        func.count(),
        func.count().filter(leads.c.qualified),
        total(leads.c.score),
    )
    return _within(found, how_far, chosen).group_by(key, band)


def _percentile(share: float, of: Any) -> ColumnElement[Any]:
    return func.percentile_cont(share).within_group(of)


def _waited(how_far: str, by: str, chosen: tuple[str, ...]) -> Executable:
    """By group, or of all together where `by` is empty."""
    key = (KEYS[by] if by else literal("")).label("key")
    c = clocks.c
    found = select(
        key,
        func.count(c.response_s),
        *(_percentile(share, of) for of in (c.response_s, c.response_working_s) for share in (0.5, 0.9)),
        *(func.count().filter(flag) for flag in (c.limited, c.limited & c.breached, c.silent)),
    ).join_from(leads, clocks, (c.tenant_id == leads.c.tenant_id) & (c.id == leads.c.id))
    found = _within(found, how_far, chosen)
    return found.group_by(key) if by else found


COUNTED = Variants(_counted)
WAITED = Variants(_waited)
