"""Leads as they are seen by whoever may end their exclusivity; only where the transaction has lifted it."""

from sqlalchemy import func, select

from services.kit.sql import Variants
from services.kit.store import Store
from services.kit.visibility import in_sight
from services.leads.leads.store import codec, sealing, table

overridable = Store(
    table, codec, "lead", "线索", sight=lambda reach: in_sight(table, reach, past_exclusion=True), sealing=sealing
)
COUNTED = Variants(
    lambda reach: (
        select(table.c.owner_id, table.c.team_id, table.c.status, func.count().label("leads"))
        .where(in_sight(table, reach, past_exclusion=True), table.c.exclusive)
        .group_by(table.c.owner_id, table.c.team_id, table.c.status)
    )
)
