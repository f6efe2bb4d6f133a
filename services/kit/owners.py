"""Rows follow their owner: when somebody moves to another team, the team on what they own moves too."""

from typing import Any
from uuid import UUID

from dealtrail.identity.v1 import events_pb2
from sqlalchemy import Table, Uuid, bindparam, update
from sqlalchemy.dialects.postgresql import insert

from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.kit.sql import Query
from services.kit.tables import owner_teams

_team = bindparam("team", type_=Uuid)
_new = insert(owner_teams).values(
    {c.name: _team if c.name == "team_id" else bindparam(c.name, type_=c.type) for c in owner_teams.columns}
)
# Events may arrive in another order than they happened, and dead letters arrive late.
NEWEST = Query(
    _new.on_conflict_do_update(
        index_elements=["tenant_id", "user_id"],
        set_={"team_id": _new.excluded.team_id, "version": _new.excluded.version},
        where=owner_teams.c.version < _new.excluded.version,
    )
)


def restamp(subscriptions: Subscriptions, *tables: Table) -> None:
    """Keep `team_id` of these tables' rows the team of their `owner_id`, told by identity's events.

    The rows' version stays: nothing that anybody edits has changed.
    """
    statements = [_stamp(table) for table in tables]

    @subscriptions.on(events_pb2.UserUpdated)
    async def follow(tx: Tx, event: Any, envelope: Envelope) -> None:
        user_id = UUID(event.member.user_id)
        team = UUID(event.member.team_id) if event.member.team_id else None
        if await tx.execute(NEWEST, user_id=user_id, team=team, version=envelope.version):
            for statement in statements:
                await tx.execute(statement, owner=user_id, team=team)


def _stamp(table: Table) -> Query:
    owned = (table.c.tenant_id == bindparam("tenant_id")) & (table.c.owner_id == bindparam("owner", type_=Uuid))
    changed = table.c.team_id.is_distinct_from(_team)
    return Query(update(table).where(owned, changed).values(team_id=_team), f"restamp {table.name}")
