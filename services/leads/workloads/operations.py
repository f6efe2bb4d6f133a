"""How loaded everybody is: open leads held against capacity, of those whom the caller answers for."""

from collections import Counter
from decimal import Decimal
from uuid import UUID

from services.kit import roster
from services.kit.database import Tx
from services.kit.directory import Directory, Member
from services.kit.errors import Violated
from services.kit.page_tokens import bookmark, bookmarked
from services.kit.pages import DEFAULT_SIZE
from services.kit.principal import Principal
from services.kit.roster import Roster
from services.kit.trees import subtree
from services.kit.visibility import ALL, TEAM, reach
from services.leads.assignment import operations
from services.leads.assignment.domain import Load, Rep
from services.leads.assignment.store import LOADS_SEEN, REPS_SEEN, rep_codec
from services.leads.working_calendar import operations as calendars
from services.leads.workloads.domain import Workload, workload

FALLING, RISING = "utilisation desc", "utilisation"


async def of_rep(tx: Tx, directory: Directory, rep: Rep) -> Workload:
    """How loaded one user is."""
    rules, calendar = await operations.rules(tx), await calendars.current(tx)
    member, held = await directory.member(tx, rep.user_id), await operations.open_leads(tx, rep.user_id)
    return workload(rules, rep, held, calendar.local_day(tx.now), *_place(member))


async def everybody(tx: Tx, directory: Directory, team_id: UUID | None = None) -> list[Workload]:
    """Whom the caller answers for: active reps, and whoever else has open leads, a workload or a place in a rule.

    `team_id` leaves those of that team and of the teams below it.
    """
    how_far = reach(tx.principal)
    rules, calendar, people = await operations.rules(tx), await calendars.current(tx), await roster.current(tx)
    held = {row["owner_id"]: row["open_leads"] for row in await tx.fetch(LOADS_SEEN(how_far))}
    known = {row["user_id"]: rep_codec.from_row(row) for row in await tx.fetch(REPS_SEEN(how_far))}
    sellers = {one.user_id for one in people.people.values() if one.active and one.role == "REP"}
    named = {member.user_id for rule in rules.rules for member in rule.members}
    teams = set(subtree(people.parents, team_id)) if team_id else None
    day, found = calendar.local_day(tx.now), []
    for user_id in {*sellers, *held, *known, *named}:
        member = await _member(tx, directory, people, user_id)
        if _answers_for(tx.principal, user_id, member) and (teams is None or (member and member.team_id in teams)):
            rep = known.get(user_id, Rep(user_id))
            found.append(workload(rules, rep, held.get(user_id, 0), day, *_place(member)))
    return found


def page(
    tx: Tx, found: list[Workload], *, load: Load | None, order_by: str, size: int, token: str, scope: str
) -> tuple[list[Workload], str]:
    """One page of these, and the token of the next.

    Refused: INVALID if the order is not on offer; PAGE_TOKEN_INVALID.
    """
    order = order_by or FALLING
    if order not in (FALLING, RISING):
        offered = f"{FALLING}, {RISING}"
        raise Violated(("order_by", f"must be one of: {offered}", f"只能是：{offered}"))
    sign = -1 if order == FALLING else 1
    places = sorted((sign * one.utilisation, one.user_id, one) for one in found if load is None or one.load is load)
    scope = f"workloads {tx.principal.tenant_id} {tx.principal.user_id} {scope} {load} {order}"
    if token:
        utilised, user_id = bookmarked(scope, token)
        places = [one for one in places if one[:2] > (Decimal(utilised), UUID(user_id))]
    size = size or DEFAULT_SIZE
    more = bookmark(scope, str(places[size - 1][0]), str(places[size - 1][1])) if len(places) > size else ""
    return [one for _, _, one in places[:size]], more


def counts(found: list[Workload]) -> dict[str, int]:
    """How many are under-loaded, of those who are here; over-loaded; and how many there are."""
    loads = Counter(one.load for one in found if one.load is not Load.UNDER or not one.absent)
    return {"under_count": loads[Load.UNDER], "over_count": loads[Load.OVER], "total_count": len(found)}


def _answers_for(me: Principal, user_id: UUID, member: Member | None) -> bool:
    how_far = reach(me)
    if user_id == me.user_id or how_far == ALL:
        return True
    return how_far == TEAM and member is not None and member.team_id in me.teams


def _place(member: Member | None) -> tuple[UUID | None, bool]:
    """The team, and whether they work here: whom nobody knows any more does not."""
    return (member.team_id, member.active) if member else (None, False)


async def _member(tx: Tx, directory: Directory, people: Roster, user_id: UUID) -> Member | None:
    """Who it is by the roster; whom it does not know yet, the directory is asked for."""
    if one := people.people.get(user_id):
        return Member(one.user_id, one.team_id, one.role, one.active)
    return await directory.member(tx, user_id)
