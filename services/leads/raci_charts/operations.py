"""Draft charts, let one hold, and tell those who are informed of the leads that enter a stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.kit import roster
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.errors import Conflict, NotFound
from services.kit.events import Envelope
from services.kit.ids import new_id
from services.kit.visibility import sees
from services.leads.leads.domain import Lead
from services.leads.leads.store import leads
from services.leads.notices import operations as notices
from services.leads.notices.domain import News
from services.leads.process.domain import Stage
from services.leads.raci_charts.domain import (
    PRESET,
    LeadEnteredStage,
    LeadsEnteredStage,
    NotAccountable,
    Party,
    RaciAssignment,
    RaciChart,
    State,
    UnknownHolder,
    check,
)
from services.leads.raci_charts.store import ACTIVE, ADD, NEWEST, TAKE, TOLD, Arrival, charts, codec, expect

GATHER = timedelta(minutes=1)
"""So long after a notice what enters the same stage is gathered for the next."""
AT_ONCE = 200
"""Notices that one piece of periodic work tells."""


async def create(tx: Tx, directory: Directory, assignments: list[RaciAssignment]) -> RaciChart:
    """Make the next chart, of what ships if nothing is given."""
    check(assignments)
    for user_id in {one.user_id for one in assignments if one.user_id}:
        member = await directory.member(tx, user_id)
        if member is None or not member.active:
            raise UnknownHolder
    chart = RaciChart(
        id=new_id(),
        number=await tx.fetch_value(NEWEST) + 1,
        assignments=assignments or PRESET,
        author_id=tx.principal.user_id,
        create_time=tx.now,
        update_time=tx.now,
    )
    if not await tx.execute(ADD, **codec.to_row(chart)):
        raise Conflict
    return chart


async def activate(tx: Tx, chart_id: UUID) -> RaciChart:
    """Let a chart hold in the place of the one that did."""
    chart = await charts.locked(tx, chart_id)
    former = await active(tx)
    if chart.activate(tx.now):
        if former is not None:
            former.state = State.RETIRED
            await charts.save(tx, former)
        await charts.save(tx, chart)
    return chart


async def active(tx: Tx) -> RaciChart | None:
    """The chart that holds."""
    row = await tx.fetch_one(ACTIVE)
    return codec.from_row(row) if row else None


async def decider(tx: Tx, stage: Stage) -> RaciAssignment | None:
    """Who alone approves in a stage; None where no chart holds, or its A is the owner, who is who asks."""
    chart = await active(tx)
    found = chart.accountable(stage) if chart else None
    return None if found is None or found.party is Party.OWNER else found


def must_decide(found: RaciAssignment | None, tx: Tx, owner_id: UUID) -> None:
    """Refused: NOT_ACCOUNTABLE unless the caller is the one who approves, or the boss, who stands above everybody."""
    me = tx.principal
    if found and me.role != "BOSS" and not found.held_by(me.user_id, me.role, owner_id):
        raise NotAccountable(stage=found.stage)


async def deciders(tx: Tx, directory: Directory, found: RaciAssignment | None, lead: Lead) -> list[UUID]:
    """Whom to ask for an approval about a lead: the A if they see it, else who stands in for them."""
    if found is not None and found.user_id is not None:
        who = (await roster.current(tx)).principal(found.user_id)
        shared = ",".join(map(str, lead.collaborators))
        if who and sees(who, str(lead.owner_id), str(lead.team_id or ""), shared, lead.exclusive):
            return [who.user_id]
    by_team = found is None or found.party is Party.MANAGER
    return await directory.managers(tx, lead.team_id if by_team else None)


@dataclass(frozen=True)
class Entry:
    """A lead has entered a stage."""

    stage: Stage
    lead_id: UUID
    owner_id: UUID
    team_id: UUID | None
    envelope: Envelope


async def enter(tx: Tx, entered: list[Entry]) -> None:
    """Keep who is to be told of leads that came to stages: whoever is I there, sees the lead, and did not do it."""
    chart = await active(tx)
    if chart is None or not any(chart.informed(one.stage) for one in entered):
        return
    people = await roster.current(tx)
    await expect(tx, [found for one in entered for found in _arrivals(tx, chart, people, one)])


def _arrivals(tx: Tx, chart: RaciChart, people: roster.Roster, entry: Entry) -> Iterable[Arrival]:
    told = entry.envelope
    if chart.activate_time is None or told.recorded_at < chart.activate_time:
        return
    owner, team = str(entry.owner_id), str(entry.team_id or "")
    shared = ",".join(map(str, told.collaborators))
    for duty in chart.informed(entry.stage):
        for user_id in _holders(duty, people, entry):
            who = people.principal(user_id)
            if who and user_id != told.actor_id and sees(who, owner, team, shared, told.exclusive):
                yield Arrival(entry.stage, user_id, entry.lead_id, tx.now)


def _holders(duty: RaciAssignment, people: roster.Roster, entry: Entry) -> list[UUID]:
    if duty.user_id is not None:
        return [duty.user_id]
    if duty.party is Party.OWNER:
        return [entry.owner_id]
    return people.managers(entry.team_id) if duty.party is Party.MANAGER else people.bosses()


async def tell_entered(tx: Tx) -> bool:
    """A piece of the periodic work: tell what users were not told lately; whether there may be more."""
    found = await tx.fetch(TAKE, before=tx.now - GATHER, limit=AT_ONCE)
    chart = await active(tx) if found else None
    for row in found:
        await tx.execute(TOLD, stage=row["stage"], user_id=row["user_id"], told_time=tx.now)
        if chart is not None and (news := await _news(tx, chart, row["stage"], row["leads"], row["lead_id"])):
            await notices.tell(tx, [row["user_id"]], news)
    return len(found) == AT_ONCE


async def _news(tx: Tx, chart: RaciChart, stage: str, count: int, lead_id: UUID) -> News | None:
    if count > 1:
        return LeadsEnteredStage("raciChart", chart.id, stage=stage, leads=count)
    try:
        lead = await leads.get(tx, lead_id)
    except NotFound:
        return None  # merged into another meanwhile
    return LeadEnteredStage("lead", lead_id, stage=stage, company=lead.company)
