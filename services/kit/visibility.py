"""Which rows of the tenant exist for the caller: the one place where a principal becomes a SQL condition."""

from typing import Any

from sqlalchemy import ColumnElement, Table, Uuid, and_, any_, bindparam, or_
from sqlalchemy.dialects.postgresql import ARRAY, array

from services.kit.principal import Principal

ALL, TEAM, OWN = "all", "team", "own"
SYSTEM = "SYSTEM"
"""The role of our own consumers: they serve the whole tenant of the event that they apply."""

_tenant = bindparam("tenant_id", type_=Uuid)
_me = bindparam("me", type_=Uuid)
_teams = bindparam("teams", type_=ARRAY(Uuid))


def reach(principal: Principal) -> str:
    """How far the principal sees: the boss all, a manager the subtree of teams, anybody else what is own or shared."""
    if principal.role in ("BOSS", SYSTEM):
        return ALL
    return TEAM if principal.role == "MANAGER" else OWN


def in_sight(table: Table, reach: str) -> ColumnElement[bool]:
    """Rows of `table` that exist for a caller of that reach. The values are bound by the transaction."""
    tenant: ColumnElement[bool] = table.c.tenant_id == _tenant
    if reach == ALL or "owner_id" not in table.c:
        return tenant
    own: list[Any] = [table.c.owner_id == _me]
    if "collaborators" in table.c:
        # "column @> array" rather than "me = ANY(column)": only the former can use a GIN index.
        own.append(table.c.collaborators.contains(array([_me])))
    if reach == TEAM:
        own.append(table.c.team_id == any_(_teams))
    return and_(tenant, or_(*own))


def sees(principal: Principal, owner_id: str, team_id: str, collaborators: str, alone: bool = False) -> bool:
    """The same decision for a row that is not at hand, from the headers of its event.

    `alone` is true of what exists for its owner and for nobody else, whatever their role.
    """
    me = str(principal.user_id)
    if alone:
        return owner_id == me
    how_far = reach(principal)
    if how_far == ALL:
        return True
    if owner_id == me or me in collaborators.split(","):
        return True
    return how_far == TEAM and team_id in {str(team) for team in principal.teams}
