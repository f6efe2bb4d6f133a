"""Put the customers in order, freeze the list, and compare it with the last."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.visibility import reach
from services.leads.accounts.store import accounts
from services.leads.cycles.domain import (
    Cycle,
    CycleExists,
    Flow,
    Indicator,
    Move,
    NothingToClassify,
    Standing,
    UnknownAccount,
    migration,
    moved,
    quintiles,
)
from services.leads.cycles.store import OF_CYCLE, PREVIOUS, SALES, TAKEN, cycle_codec, cycles, standing_codec, standings


async def freeze(tx: Tx, cycle: Cycle, given: Mapping[UUID, Decimal], currency: str) -> Cycle:
    """Freeze the customers as they stand. Refused: CYCLE_EXISTS, UNKNOWN_ACCOUNT, NOTHING_TO_CLASSIFY."""
    if await tx.fetch_value(TAKEN, code=cycle.code):
        raise CycleExists(code=cycle.code)
    values = await _sales(tx, cycle, currency) if cycle.indicator is Indicator.SALES else dict(given)
    unknown = values.keys() - await accounts.visible(tx, values)
    if unknown and cycle.indicator is Indicator.GIVEN:
        raise UnknownAccount(id=min(unknown))
    ranked = quintiles({account_id: value for account_id, value in values.items() if account_id not in unknown})
    if not ranked:
        raise NothingToClassify
    cycle.previous_id = await tx.fetch_value(PREVIOUS, end_date=cycle.end_date)
    cycle.size = len(ranked)
    before = {one.account_id: one for one in await _standing(tx, cycle.previous_id)}
    found = []
    for one in ranked:
        was = before.pop(one.account_id).quintile if one.account_id in before else 0
        place = (one.account_id, one.value, one.place, one.quintile)
        found.append(Standing(new_id(), cycle.id, *place, was, moved(was, one.quintile)))
    for gone in before.values():
        place = (gone.account_id, gone.value, gone.place, gone.quintile)
        found.append(Standing(new_id(), cycle.id, *place, gone.quintile, Move.DROPPED))
    await cycles.add(tx, cycle)
    await standings.add_new(tx, found)
    tx.emit(events.CycleFrozen(cycle=cycle_codec.to_message(cycle)), cycle)
    return cycle


async def _sales(tx: Tx, cycle: Cycle, currency: str) -> dict[UUID, Decimal]:
    within = {"start_date": cycle.start_date, "end_date": cycle.end_date, "currency": currency}
    return {row["account_id"]: row["value"] for row in await tx.fetch(SALES, **within)}


async def _standing(tx: Tx, cycle_id: UUID | None) -> list[Standing]:
    return [one for one in await of_cycle(tx, cycle_id) if one.move is not Move.DROPPED] if cycle_id else []


async def of_cycle(tx: Tx, cycle_id: UUID) -> list[Standing]:
    """The standings of a cycle that the caller may see."""
    return [standing_codec.from_row(row) for row in await tx.fetch(OF_CYCLE(reach(tx.principal)), cycle_id=cycle_id)]


async def flows(tx: Tx, cycle_id: UUID) -> list[Flow]:
    """How many customers in the caller's sight went from which class to which."""
    await cycles.row(tx, cycle_id)
    return migration(await of_cycle(tx, cycle_id))
