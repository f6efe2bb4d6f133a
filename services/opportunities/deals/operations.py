"""What people do with deals: load, let the deal decide, save it and its history, say so."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from dealtrail.opportunities.v1 import events_pb2 as events

from services.kit.codec import to_timestamp
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.money import Money
from services.opportunities.deals.domain import Deal, NotYoursToGive, UnknownCollaborator
from services.opportunities.deals.store import codec, deals
from services.opportunities.history.domain import Deed, ForecastChange, Grade, Kind, StageMove, Value
from services.opportunities.history.store import change_codec, forecast_changes, stage_moves, triage_codec, triages
from services.opportunities.lost_reasons import operations as lost_reasons
from services.opportunities.processes import operations as processes
from services.opportunities.processes.domain import Process


async def advance(tx: Tx, deal_id: UUID, stage: str, deed: Deed) -> Deal:
    """Move a deal forward, to the next stage if `stage` is empty."""
    deal, process = await _running(tx, deal_id)
    since = deal.stage_since
    return await _move(tx, deal, process, deal.advance(process, stage, deed), since)


async def regress(tx: Tx, deal_id: UUID, stage: str, deed: Deed) -> Deal:
    """Move a deal back."""
    deal, process = await _running(tx, deal_id)
    since = deal.stage_since
    return await _move(tx, deal, process, deal.regress(process, stage, deed), since)


async def _move(tx: Tx, deal: Deal, process: Process, move: StageMove, since: datetime) -> Deal:
    await deals.save(tx, deal)
    await stage_moves.add(tx, deal.id, move)
    tx.emit(moved(deal, process, move, since), deal, occurred_at=move.enter_time)
    return deal


async def win(tx: Tx, deal_id: UUID, amount: Money | None, deed: Deed) -> Deal:
    """Close a deal as won."""
    deal, process = await _running(tx, deal_id)
    was = deal.amount
    change = deal.win(amount, deed)
    await deals.save(tx, deal)
    if change:
        await forecast_changes.add(tx, deal.id, change)
    tx.emit(won(deal, process, was), deal, occurred_at=deed.at)
    return deal


async def lose(tx: Tx, deal_id: UUID, reason: str, deed: Deed) -> Deal:
    """Close a deal as lost, for a reason of the tenant's list."""
    deal, process = await _running(tx, deal_id)
    deal.lose(reason, deed)
    await lost_reasons.must_be_in_use(tx, reason)
    await deals.save(tx, deal)
    tx.emit(lost(deal, process), deal, occurred_at=deed.at)
    return deal


async def judge(
    tx: Tx,
    deal_id: UUID,
    value: Value | None,
    grade: Grade | None,
    amount: Money | None,
    quantity: int | None,
    deed: Deed,
) -> Deal:
    """Judge a deal by the measures that are given (三一客)."""
    deal = await deals.locked(tx, deal_id)
    before = deal.triage
    change = deal.judge(value, grade, amount, quantity, deed)
    assert deal.triage is not None
    await deals.save(tx, deal)
    await triages.add(tx, deal.id, deal.triage)
    event = events.DealTriaged(deal=codec.to_message(deal))
    if before:
        event.from_triage.CopyFrom(triage_codec.to_message(before))
    tx.emit(event, deal, occurred_at=deed.at)
    await _expected(tx, deal, change)
    return deal


async def expect(tx: Tx, deal_id: UUID, changed: dict[str, Any], deed: Deed) -> Deal:
    """Expect something else of a deal: `changed` has the fields of Forecast that are given."""
    deal = await deals.locked(tx, deal_id)
    change = deal.expect(replace(deal.forecast, **changed), deed)
    if change:
        await deals.save(tx, deal)
        await _expected(tx, deal, change)
    return deal


async def _expected(tx: Tx, deal: Deal, change: ForecastChange | None) -> None:
    if change:
        await forecast_changes.add(tx, deal.id, change)
        event = events.DealForecastChanged(deal=codec.to_message(deal), change=change_codec.to_message(change))
        tx.emit(event, deal, occurred_at=change.change_time)


async def assign(tx: Tx, directory: Directory, deal_id: UUID, owner_id: str) -> Deal:
    """Hand a deal to another owner."""
    deal = await deals.locked(tx, deal_id)
    _must_be_given_by(tx, deal)
    member = await directory.owner(tx, owner_id)
    event = events.DealAssigned(from_owner_id=str(deal.owner_id), from_team_id=str(deal.team_id or ""))
    deal.assign(member.user_id, member.team_id)
    await deals.save(tx, deal)
    event.deal.CopyFrom(codec.to_message(deal))
    tx.emit(event, deal)
    return deal


async def share(tx: Tx, directory: Directory, deal_id: UUID, users: list[UUID]) -> Deal:
    """Set with whom a deal is shared."""
    deal = await deals.locked(tx, deal_id)
    _must_be_given_by(tx, deal)
    for user in users:
        member = await directory.member(tx, user)
        if member is None or not member.active:
            raise UnknownCollaborator
    before = [str(user) for user in deal.collaborators]
    deal.share(users)
    await deals.save(tx, deal)
    tx.emit(events.DealShared(deal=codec.to_message(deal), from_collaborators=before), deal)
    return deal


def _must_be_given_by(tx: Tx, deal: Deal) -> None:
    me = tx.principal
    leads_owner = me.role == "MANAGER" and deal.team_id in me.teams
    if me.role != "BOSS" and deal.owner_id != me.user_id and not leads_owner:
        raise NotYoursToGive


async def _running(tx: Tx, deal_id: UUID) -> tuple[Deal, Process]:
    deal = await deals.locked(tx, deal_id)
    return deal, await processes.of_running(tx, deal.process, deal.process_version)


def opened(deal: Deal, process: Process) -> events.DealOpened:
    """That it was opened where it stands."""
    return events.DealOpened(deal=codec.to_message(deal), to_stage=_stay(process, deal.stage, deal.stage_since))


def moved(deal: Deal, process: Process, move: StageMove, since: datetime) -> Any:
    """That it moved, out of a stage where it had stood `since`."""
    kind = events.DealAdvanced if move.kind is Kind.ADVANCED else events.DealRegressed
    return kind(
        deal=codec.to_message(deal),
        from_stage=_stay(process, move.from_stage, since),
        to_stage=_stay(process, deal.stage, deal.stage_since),
        why=move.why,
    )


def won(deal: Deal, process: Process, was: Money | None) -> events.DealWon:
    """That it was won; `was` is the amount expected until then."""
    event = events.DealWon(deal=codec.to_message(deal), from_stage=_stay(process, deal.stage, deal.stage_since))
    if was:
        event.from_amount.amount, event.from_amount.currency = str(was.amount), was.currency
    return event


def lost(deal: Deal, process: Process) -> events.DealLost:
    """That it was lost."""
    return events.DealLost(deal=codec.to_message(deal), from_stage=_stay(process, deal.stage, deal.stage_since))


def _stay(process: Process, code: str, since: datetime) -> events.StageStay:
    stage = process.stage(code)
    return events.StageStay(
        stage=stage.code,
        index=process.place(code),
        label=stage.label,
        expected_days=stage.expected_days,
        probability=stage.probability,
        since=to_timestamp(since),
    )
