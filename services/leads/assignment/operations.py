"""What is done to assign leads: ask the rules, hand over, write down why."""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.directory import Directory, Member, UnknownOwner
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.leads.assignment.domain import (
    Assignment,
    AssignmentRules,
    Candidate,
    Decision,
    Features,
    Hindrance,
    LeadAssignedByRule,
    Reason,
    Rep,
    Roster,
    Rule,
    able,
    next_turn,
)
from services.leads.assignment.refusals import AbsenceEndsBeforeItBegins, DutyEndsBeforeItBegins
from services.leads.assignment.store import (
    ADD_RULES,
    ASSIGNED,
    GIVE,
    GIVEN,
    LOADS,
    LOG,
    REPS,
    ROSTER,
    RULES,
    RULES_OF,
    SET_REP,
    SET_ROSTER,
    codec,
    rep_codec,
    roster_codec,
    rules_codec,
)
from services.leads.leads.domain import Lead
from services.leads.leads.operations import fact
from services.leads.leads.store import leads
from services.leads.notices import operations as notices
from services.leads.pool.operations import alone
from services.leads.working_calendar import operations as calendars

REMEMBER_S = 5.0
_automatic: dict[UUID, tuple[float, bool]] = {}
"""Whether a tenant has leads assigned as they come: asked for each lead, so remembered for a moment."""


async def rules(tx: Tx, version: int = 0) -> AssignmentRules:
    """The rules in force, or that version of them. Refused: NOT_FOUND."""
    row = await (tx.fetch_one(RULES_OF, version=version) if version else tx.fetch_one(RULES))
    if version and row is None:
        raise NotFound(kind="version of the rules", kind_zh="规则版本")
    return rules_codec.from_row(row) if row else AssignmentRules()


async def set_rules(tx: Tx, directory: Directory, given: AssignmentRules) -> AssignmentRules:
    """Keep a new version. Refused: UNKNOWN_OWNER, UNDERLOAD_ABOVE_OVERLOAD."""
    given.check()
    for user_id in {member.user_id for rule in given.rules for member in rule.members}:
        await directory.owner(tx, str(user_id))
    await alone(tx)
    kept = replace(given, version=(await rules(tx)).version + 1)
    await tx.execute(ADD_RULES, **rules_codec.to_row(kept), author_id=tx.principal.user_id, create_time=tx.now)
    _automatic.pop(tx.principal.tenant_id, None)
    return kept


async def roster(tx: Tx) -> Roster:
    """Who is on duty when."""
    row = await tx.fetch_one(ROSTER)
    return roster_codec.from_row(row) if row else Roster()


async def set_roster(tx: Tx, directory: Directory, given: Roster) -> Roster:
    """Keep it. Refused: UNKNOWN_OWNER, DUTY_ENDS_BEFORE_IT_BEGINS."""
    for duty in given.duties:
        if duty.end_time <= duty.begin_time:
            raise DutyEndsBeforeItBegins
        await directory.owner(tx, str(duty.user_id))
    given.duties.sort(key=lambda duty: duty.begin_time)
    await tx.execute(SET_ROSTER, **roster_codec.to_row(given))
    return given


async def set_rep(tx: Tx, directory: Directory, rep: Rep) -> Rep:
    """Keep somebody's capacity and absences. Refused: NOT_FOUND, ABSENCE_ENDS_BEFORE_IT_BEGINS."""
    if any(one.last_day < one.first_day for one in rep.absences):
        raise AbsenceEndsBeforeItBegins
    try:
        member = await directory.owner(tx, str(rep.user_id))
    except UnknownOwner:
        raise NotFound(kind="user", kind_zh="用户") from None
    owner: dict[str, object] = {"owner_id": rep.user_id, "team_id": member.team_id, "collaborators": []}
    await tx.execute(SET_REP, **rep_codec.to_row(rep), **owner)
    return rep


async def open_leads(tx: Tx, user_id: UUID) -> int:
    """How many open leads somebody has."""
    return (await _held(tx, [user_id])).get(user_id, 0)


async def decide(tx: Tx, directory: Directory, features: Features, at: datetime) -> tuple[Decision, AssignmentRules]:
    """Who would get such a lead, and why, by the rules in force. Nothing changes."""
    mine, calendar = await rules(tx), await calendars.current(tx)
    day = calendar.local_day(at)
    if not calendar.works_at(at) and (user_id := (await roster(tx)).on_duty(at)):
        member = await directory.member(tx, user_id)
        if member and member.active and not (await _reps(tx, [user_id]))[user_id].absent(day):
            return Decision(Reason.DUTY, user_id), mine
    passed_over: list[str] = []
    for rule in mine.rules:
        if not rule.fits(features):
            continue
        candidates = await _candidates(tx, directory, mine, rule, day)
        if free := able(candidates):
            given = {row["user_id"]: row["given"] for row in await tx.fetch(GIVEN, turn_key=rule.turn_key(free))}
            chosen = next_turn(free, given)
            return Decision(Reason.RULE, chosen, rule, tuple(candidates), tuple(passed_over)), mine
        passed_over.append(rule.name)
    return Decision(Reason.NOBODY_AVAILABLE, passed_over=tuple(passed_over)), mine


async def preview(tx: Tx, directory: Directory, lead_id: UUID) -> tuple[Decision, AssignmentRules]:
    """Who would get a lead now, and why. Refused: NOT_FOUND."""
    return await decide(tx, directory, _features(await leads.get(tx, lead_id)), tx.now)


async def assign(tx: Tx, directory: Directory, lead_id: UUID) -> tuple[Decision, AssignmentRules]:
    """Hand a lead to whom the rules choose, if anybody. Refused: NOT_FOUND, LEAD_NOT_OPEN."""
    await alone(tx)
    lead = await leads.locked(tx, lead_id)
    lead.must_be_open()
    return await _hand_over(tx, directory, lead)


async def on_capture(tx: Tx, directory: Directory, lead: Lead) -> Lead:
    """Hand a lead over that was recorded just now, where the tenant has it so. One recorded before stays as it is."""
    if not await _is_automatic(tx) or lead.owner_id != tx.principal.user_id or lead.version != 1:
        return lead
    await alone(tx)
    if await tx.fetch_value(ASSIGNED, lead_id=lead.id) is None:
        await _hand_over(tx, directory, lead)
    return lead


async def note_by_hand(tx: Tx, lead: Lead) -> None:
    """Write down that somebody named the new owner of a lead."""
    await _note(tx, lead, Decision(Reason.BY_HAND, lead.owner_id), AssignmentRules())


async def _hand_over(tx: Tx, directory: Directory, lead: Lead) -> tuple[Decision, AssignmentRules]:
    decision, mine = await decide(tx, directory, _features(lead), tx.now)
    member = await directory.member(tx, decision.user_id) if decision.user_id else None
    if member is None:
        return decision, mine
    former = lead.owner_id
    lead.assign(member.user_id, member.team_id)
    await leads.save(tx, lead)
    if decision.rule:
        turn_key = decision.rule.turn_key(able(decision.candidates))
        await tx.execute(GIVE, turn_key=turn_key, user_id=member.user_id, given=1)
    tx.emit(events.LeadAssigned(lead=fact(lead), from_owner_id=str(former)), lead)
    await _note(tx, lead, decision, mine)
    why = decision.rule.name if decision.rule else decision.reason
    await notices.tell(tx, [lead.owner_id], LeadAssignedByRule("lead", lead.id, company=lead.company, rule=why))
    return decision, mine


async def _note(tx: Tx, lead: Lead, decision: Decision, mine: AssignmentRules) -> None:
    chosen = decision.chosen
    entry = Assignment(
        id=new_id(),
        lead_id=lead.id,
        user_id=lead.owner_id,
        reason=decision.reason,
        rule=decision.rule.name if decision.rule else "",
        rules_version=mine.version,
        open_leads=chosen.open_leads if chosen else 0,
        capacity=chosen.capacity if chosen else 0,
        actor_id=tx.principal.user_id,
        create_time=tx.now,
    )
    await tx.insert(LOG, **codec.to_row(entry))


async def _is_automatic(tx: Tx) -> bool:
    tenant = tx.principal.tenant_id
    known = _automatic.get(tenant)
    if known is None or known[0] < time.monotonic():
        known = _automatic[tenant] = (time.monotonic() + REMEMBER_S, (await rules(tx)).automatic)
    return known[1]


async def _candidates(tx: Tx, directory: Directory, mine: AssignmentRules, rule: Rule, day: date) -> list[Candidate]:
    """The members of a rule as they stand."""
    users = [member.user_id for member in rule.members]
    held, reps = await _held(tx, users), await _reps(tx, users)
    found = []
    for one in rule.members:
        rep, has = reps[one.user_id], held.get(one.user_id, 0)
        capacity = rep.capacity or mine.capacity
        member = await directory.member(tx, one.user_id)
        hindrance = _hindrance(member, rep, has >= capacity, day)
        found.append(Candidate(one.user_id, one.weight, has, capacity, hindrance))
    return found


def _hindrance(member: Member | None, rep: Rep, full: bool, day: date) -> Hindrance:
    if member is None or not member.active:
        return Hindrance.INACTIVE
    if rep.absent(day):
        return Hindrance.ABSENT
    return Hindrance.FULL if full else Hindrance.NONE


async def _held(tx: Tx, users: Iterable[UUID]) -> dict[UUID, int]:
    return {row["owner_id"]: row["open_leads"] for row in await tx.fetch(LOADS, user_ids=list(users))}


async def _reps(tx: Tx, users: Iterable[UUID]) -> dict[UUID, Rep]:
    asked = list(users)
    known = {row["user_id"]: rep_codec.from_row(row) for row in await tx.fetch(REPS, user_ids=asked)}
    return {user: known.get(user, Rep(user)) for user in asked}


def _features(lead: Lead) -> Features:
    return Features(lead.attributes.get("region", ""), lead.attributes.get("product", ""), lead.channel)
