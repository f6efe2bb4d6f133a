"""Prospects in sight, counted."""

from sqlalchemy import Uuid, bindparam, case, func, select
from sqlalchemy.sql.expression import Executable

from services.analytics.prospects.domain import PROMOTED
from services.analytics.prospects.store import prospects
from services.analytics.rollups.store import END, START
from services.kit.sql import Variants
from services.kit.visibility import in_sight


def _counted(how_far: str, owner: bool, team: bool) -> Executable:
    c = prospects.c
    found = select(func.count(), func.count(case((c.status == PROMOTED, 1)))).select_from(prospects)
    found = found.where(in_sight(prospects, how_far), c.found_day >= START, c.found_day < END)
    if owner:
        found = found.where(c.owner_id == bindparam("owner_id", type_=Uuid))
    return found.where(c.team_id == bindparam("team_id", type_=Uuid)) if team else found


COUNTED = Variants(_counted)
