"""Who may decide, in PostgreSQL."""

from sqlalchemy import bindparam, select

from gateway.identity.users.domain import Role
from gateway.identity.users.store import table
from services.kit.sql import Query

DECIDING = Query(
    select(table).where(
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.active,
        (table.c.role == Role.MANAGER.value) | (table.c.role == Role.BOSS.value),
        table.c.id != bindparam("me"),
    )
)
"""All active managers and bosses of the tenant but the caller."""
