"""Facts about prospects in PostgreSQL."""

from sqlalchemy import BigInteger, Column
from sqlalchemy.dialects.postgresql import insert

from services.analytics.metadata import metadata
from services.analytics.rollups.store import day_column
from services.kit.sql import Query, given_rows
from services.kit.tables import tenant_table, text_column, uuid_column

prospects = tenant_table(
    "prospects",
    metadata,
    uuid_column(),
    uuid_column("owner_id"),
    uuid_column("team_id", nullable=True),
    uuid_column("lead_id", nullable=True),
    text_column("status"),
    day_column("found_day"),
    Column("version", BigInteger, nullable=False),
)
_told = insert(prospects).from_select([c.name for c in prospects.columns], given_rows(prospects))
LEARN = Query(
    _told.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={c.name: _told.excluded[c.name] for c in prospects.columns if not c.primary_key},
        where=prospects.c.version < _told.excluded.version,
    ),
    "learn prospects",
)
"""Events may arrive in another order than they happened: the newest version stands."""
