"""Which rows of the tenant exist for the caller: the one place where a principal becomes a SQL condition."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Subquery, Table, Text, Uuid, and_, any_, bindparam, func, or_, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY, array

from services.kit.principal import Principal
from services.kit.sql import Query

EVERYTHING, ALL, TEAM, OWN = "everything", "all", "team", "own"
"""How far somebody sees. ALL stops at rows that are exclusive to another; EVERYTHING, for ourselves, does not."""
SYSTEM = "SYSTEM"
"""The role of our own consumers: they serve the whole tenant of the event that they apply."""

_tenant = bindparam("tenant_id", type_=Uuid)
_me = bindparam("me", type_=Uuid)
_teams = bindparam("teams", type_=ARRAY(Uuid))


def reach(principal: Principal) -> str:
    """How far the principal sees: the boss all, a manager the subtree of teams, anybody else what is own or shared."""
    if principal.role == SYSTEM:
        return EVERYTHING
    if principal.role == "BOSS":
        return ALL
    return TEAM if principal.role == "MANAGER" else OWN


def in_sight(table: Table | Subquery, reach: str, *, past_exclusion: bool = False) -> ColumnElement[bool]:
    """Rows of `table` that exist for a caller of that reach. The values are bound by the transaction.

    A row whose `exclusive` is true exists for its owner alone, however far others see. `past_exclusion` is for what
    others may do with such a row nevertheless; the transaction has to LIFT it too.
    """
    tenant: ColumnElement[bool] = table.c.tenant_id == _tenant
    if reach == EVERYTHING or "owner_id" not in table.c:
        return tenant
    own: ColumnElement[bool] = table.c.owner_id == _me
    open_to_others = ~table.c.exclusive if "exclusive" in table.c and not past_exclusion else None
    if reach == ALL:
        return tenant if open_to_others is None else and_(tenant, or_(own, open_to_others))
    others: list[Any] = []
    if "collaborators" in table.c:
        # "column @> array" rather than "me = ANY(column)": only the former can use a GIN index.
        others.append(table.c.collaborators.contains(array([_me])))
    if reach == TEAM:
        others.append(table.c.team_id == any_(_teams))
    if open_to_others is not None:
        others = [and_(open_to_others, one) for one in others]
    return and_(tenant, or_(own, *others))


class Part(NamedTuple):
    """A part of the rows that exist for a caller; with `per_team`, those of the one team that is EACH_TEAM."""

    condition: ColumnElement[bool]
    per_team: bool = False


EACH_TEAM = select(func.unnest(_teams).label("id")).distinct().subquery("each_team")
"""The teams below the caller, one a row."""


def in_sight_apart(table: Table, reach: str) -> tuple[Part, ...]:
    """The same rows as `in_sight`, in parts of which no row is in two, for long lists in which the caller sees little.

    Each part is a range of an index that has its column before the order of the list, so a page of it reads as many
    rows as it shows: `owner_id`; `team_id`; and an index of the rows `collaborators <> '{}'`, which are few.
    """
    if reach in (EVERYTHING, ALL):
        return (Part(in_sight(table, reach)),)
    c = table.c
    others = [c.tenant_id == _tenant, c.owner_id.is_distinct_from(_me)]
    if "exclusive" in c:
        others.append(~c.exclusive)
    shared = [*others, c.collaborators.contains(array([_me])), c.collaborators != text("'{}'::uuid[]")]
    own = Part(and_(c.tenant_id == _tenant, c.owner_id == _me))
    if reach == OWN:
        return own, Part(and_(*shared))
    of_team = Part(and_(*others, c.team_id == EACH_TEAM.c.id), per_team=True)
    elsewhere = (c.team_id == any_(_teams)).is_not(true())
    return own, of_team, Part(and_(*shared, elsewhere))


def sees(principal: Principal, owner_id: str, team_id: str, collaborators: str, exclusive: bool = False) -> bool:
    """The same decision for a row that is not at hand, from the headers of its event."""
    how_far = reach(principal)
    me = str(principal.user_id)
    if owner_id == me or how_far == EVERYTHING:
        return True
    if exclusive:
        return False
    if how_far == ALL or me in collaborators.split(","):
        return True
    return how_far == TEAM and team_id in {str(team) for team in principal.teams}


def sight_of(principal: Principal) -> dict[str, Any]:
    """Values for a statement of `in_sight` by which it sees what the principal does, whoever the transaction is for.

    Of rows that are exclusive, RLS still lets out only what the transaction may reach.
    """
    return {"me": principal.user_id, "teams": principal.teams}


def signature(principal: Principal) -> str:
    """Whom row-level security knows the principal as (see tables.keep_exclusive): "*" for ourselves."""
    return "*" if reach(principal) == EVERYTHING else str(principal.user_id)


def whose(principal: Principal) -> str:
    """The tenant and whom row-level security knows, as a statement that is sent alone takes them (see onetrip)."""
    return f"{principal.tenant_id} {signature(principal)}"


LIFT = Query(select(func.set_config("app.me", "*", true())), "lift exclusion")
"""Let the rest of the transaction reach rows that are exclusive to others: for what the owner is told of."""
RESTORE = Query(select(func.set_config("app.me", bindparam("whose", type_=Text), true())), "restore exclusion")
"""End that: `whose` is the principal's signature."""
