"""Score a wall, and show it beside the cycle before."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.directory import Directory
from services.leads.accounts.store import accounts
from services.leads.relation_walls.domain import RelationWall, UnknownColleague, UnknownContact, WallScore, united, wall
from services.leads.relation_walls.store import CONTACTS, CONTACTS_HELD, CYCLES, FORGET, MERGED, OF_CYCLE, SCORE, codec


async def score(
    tx: Tx, directory: Directory, account_id: UUID, cycle: str, scores: Iterable[WallScore]
) -> RelationWall:
    """Score pairs. Refused: NOT_FOUND; ACCOUNT_MERGED, UNKNOWN_CONTACT, UNKNOWN_COLLEAGUE."""
    account = await accounts.locked(tx, account_id)
    account.must_stand()
    items = list(scores)
    held = {row["id"] for row in await tx.fetch(CONTACTS_HELD, account_id=account_id)}
    unknown = {one.contact_id for one in items} - held
    if unknown:
        raise UnknownContact(id=min(unknown))
    for user_id in {one.user_id for one in items}:
        member = await directory.member(tx, user_id)
        if member is None or not member.active:
            raise UnknownColleague(id=user_id)
    given: list[Mapping[str, Any]] = [
        {
            "tenant_id": tx.principal.tenant_id,
            "account_id": account_id,
            "cycle": cycle,
            "contact_id": one.contact_id,
            "user_id": one.user_id,
            "strength": one.strength,
            "score_time": tx.now,
        }
        for one in items
    ]
    await tx.execute_many(SCORE, given)
    shown = await show(tx, account_id, cycle)
    tx.emit(events.WallScored(relation_wall=codec.to_message(shown)), account)
    return shown


async def show(tx: Tx, account_id: UUID, cycle: str) -> RelationWall:
    """The wall of a cycle, the newest if none is named, over the contacts that there are now."""
    await accounts.row(tx, account_id)
    cycles = [row["cycle"] for row in await tx.fetch(CYCLES, account_id=account_id)]
    now = cycle or next(iter(cycles), "")
    before = next((one for one in cycles if one < now), "")
    there = (now, await _scores(tx, account_id, now)), (before, await _scores(tx, account_id, before))
    return wall(account_id, await _contacts(tx, account_id), *there)


async def forget(tx: Tx, contact_ids: list[UUID]) -> int:
    """Let go of every score for these contacts, in every cycle: walls are shown over those who are left. How many."""
    return await tx.execute(FORGET, contact_ids=contact_ids)


async def _scores(tx: Tx, account_id: UUID, cycle: str) -> list[WallScore]:
    rows = await tx.fetch(OF_CYCLE, account_id=account_id, cycle=cycle) if cycle else []
    into = {row["id"]: row["merged_into"] for row in await tx.fetch(MERGED, account_id=account_id)}
    return united((WallScore(**row) for row in rows), into)


async def _contacts(tx: Tx, account_id: UUID) -> set[UUID]:
    return {row["id"] for row in await tx.fetch(CONTACTS, account_id=account_id)}
