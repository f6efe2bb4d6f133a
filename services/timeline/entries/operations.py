"""How entries come into the timeline and follow their subjects."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from services.kit import aliases
from services.kit.database import Tx
from services.kit.visibility import reach
from services.timeline.entries.domain import About, Entry, Moment, Sight, Subject
from services.timeline.entries.store import (
    FOLLOW,
    FOLLOW_LEAD,
    HOLD,
    HOLD_OWNED,
    KNOWN,
    MENTION,
    MOVE,
    PUT,
    SAVE,
    TEAMS,
    entry_values,
    standing_values,
    subject_values,
    to_subject,
)

Subjects = dict[UUID, Subject]


async def apply(tx: Tx, moments: Iterable[Moment]) -> list[Entry]:
    """Put entries into the timeline, each under what is known of its subject, and let those that stand there follow.

    Entries that stand there already are left alone unless these are newer versions. However moments
    are ordered, repeated and cut into calls, the outcome is the same.
    """
    arrived = list(moments)
    held = await learn(tx, (moment.subject for moment in arrived))
    newest = _newest(arrived)
    for moment in newest:
        subject = held[moment.subject.id]
        moment.entry.place(subject, held[subject.seen_as])
    entries = [moment.entry for moment in newest]
    await tx.execute(PUT, **entry_values(tx.principal.tenant_id, entries))
    return entries


async def learn(tx: Tx, news: Iterable[Subject]) -> Subjects:
    """Keep what is news of subjects, and let their entries follow; the subjects as they stand then."""
    told = _told(news)
    held = await _hold(tx, told)
    before = {one.id: replace(one) for one in held.values()}
    for one in told.values():
        held[one.id].learn(one)
    before |= await _place_leads(tx, held)
    before |= await _place_accounts(tx, held)
    await _settle(tx, held, before)
    return held


async def known(tx: Tx, ids: Iterable[UUID]) -> Subjects:
    """Those of the subjects that the caller sees, as far as the timeline has been told of them."""
    rows = await tx.fetch(KNOWN(reach(tx.principal)), ids=list(ids))
    return {row["id"]: to_subject(row) for row in rows}


async def follow_owner(tx: Tx, owner_id: UUID) -> None:
    """Let what somebody owns follow to the team that kit has noted for them."""
    owned = {row["id"]: to_subject(row) for row in await tx.fetch(HOLD_OWNED, owner=owner_id)}
    held = await _with_deciding(tx, owned)
    await _settle(tx, held, {one.id: replace(one) for one in held.values()})


def _told(news: Iterable[Subject]) -> Subjects:
    """The news together, one a subject, and the deals in whose place converted leads are seen."""
    told: Subjects = {}
    for one in news:
        told.setdefault(one.id, Subject(one.id, one.about)).learn(one)
    for subject in list(told.values()):
        told.setdefault(subject.seen_as, Subject(subject.seen_as, About.DEAL, deal_id=subject.seen_as))
    return told


def _newest(moments: Iterable[Moment]) -> list[Moment]:
    """One moment an entry."""
    found: dict[UUID, Moment] = {}
    for moment in moments:
        other = found.get(moment.entry.id)
        if other is None or moment.entry.version > other.entry.version:
            found[moment.entry.id] = moment
    return list(found.values())


async def _hold(tx: Tx, told: Subjects) -> Subjects:
    """The subjects as they stand, new ones as told, and those in whose place they are seen, held against others."""
    await tx.execute(MENTION, **subject_values(tx.principal.tenant_id, told.values()))
    rows = await tx.fetch(HOLD, ids=list(told))
    return await _with_deciding(tx, {row["id"]: to_subject(row) for row in rows})


async def _place_accounts(tx: Tx, held: Subjects) -> Subjects:
    """Know which accounts were merged, and hold those besides that decide in their place; these as they stand."""
    roots = await aliases.roots(tx, (one.account_id for one in held.values() if one.account_id))
    for one in held.values():
        one.shown_account_id = roots.get(one.account_id) if one.account_id else None
    others = {one.seen_as for one in held.values() if one.about is About.ACCOUNT} - held.keys()
    if not others:
        return {}
    deciding = await _hold(tx, {id: Subject(id, About.ACCOUNT, account_id=id) for id in others})
    held |= deciding
    return {one.id: replace(one) for one in deciding.values()}


async def _place_leads(tx: Tx, held: Subjects) -> Subjects:
    """Know which leads were merged, and hold those besides that they stand with; these as they stand."""
    roots = await aliases.roots(tx, (one.id for one in held.values() if one.about is About.LEAD))
    others = set(roots.values()) - held.keys()
    standing = await _hold(tx, {id: Subject(id, About.LEAD) for id in others}) if others else {}
    held |= standing
    for identity, root in roots.items():
        held[identity].merged_into = held[root]
    return {one.id: replace(one) for one in standing.values()}


async def follow_lead(tx: Tx, lead_id: UUID, into: UUID | None, version: int) -> None:
    """Let the entries of a lead, and of what was merged into it, stand and be seen as the lead that there is now."""
    if await aliases.note(tx, lead_id, into, version):
        held = await _hold(tx, {lead_id: Subject(lead_id, About.LEAD)})
        await _place_leads(tx, held)
        await _place_accounts(tx, held)
        stands = held[lead_id].merged_into or held[lead_id]
        await tx.execute(FOLLOW_LEAD, **standing_values([(stands, _decides(held, stands))]), lead_id=lead_id)


async def follow_account(tx: Tx, account_id: UUID, into: UUID | None, version: int) -> None:
    """Let entries stand, and be seen, where their account stands now: merged into another, or by itself."""
    if await aliases.note(tx, account_id, into, version):
        await tx.execute(FOLLOW, id=account_id)
        held = await _hold(tx, {account_id: Subject(account_id, About.ACCOUNT, account_id=account_id)})
        await _place_accounts(tx, held)
        decide = [one for one in held.values() if one.id == held[account_id].seen_as]
        await tx.execute(MOVE, **standing_values((one, one.sight) for one in decide))


async def _with_deciding(tx: Tx, held: Subjects) -> Subjects:
    if missing := {one.seen_as for one in held.values()} - held.keys():
        held |= {row["id"]: to_subject(row) for row in await tx.fetch(HOLD, ids=list(missing))}
    return held


async def _settle(tx: Tx, held: Subjects, before: Subjects) -> None:
    """Keep what has changed of the subjects, and let their entries follow."""
    teams = {row["user_id"]: row["team_id"] for row in await tx.fetch(TEAMS, ids=_owners(held.values()))}
    for subject in held.values():
        sight = subject.sight
        if sight is not None and teams.get(sight.owner_id, sight.team_id) != sight.team_id:
            subject.sight = replace(sight, team_id=teams[sight.owner_id])
    if changed := [one for one in held.values() if one != before[one.id]]:
        await tx.execute(SAVE, **subject_values(tx.principal.tenant_id, changed))
    if moved := [(one, _decides(held, one)) for one in changed if one.shown != before[one.id].shown]:
        await tx.execute(MOVE, **standing_values(moved))


def _owners(subjects: Iterable[Subject]) -> list[UUID]:
    return list({one.sight.owner_id for one in subjects if one.sight})


def _decides(held: Subjects, subject: Subject) -> Sight | None:
    """Who sees the subject's entries. A deal that nobody told of yet leaves that to its lead."""
    return held[subject.seen_as].sight or subject.sight
