"""Merging leads and undoing it."""

from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import lead_merges_pb2 as pb

from services.kit import aliases
from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.leads.enrolments import operations as enrolments
from services.leads.lead_merges.domain import (
    LeadMerge,
    LeadsMerged,
    LeadsParted,
    conflicts,
    joining,
    must_fit,
    what_changes,
)
from services.leads.lead_merges.store import COUNTS, FREED, STANDING_INTO, UNDECIDED, codec, lead_merges, sealing
from services.leads.leads.domain import NOBODY, Lead
from services.leads.leads.operations import fact
from services.leads.leads.store import codec as lead_codec
from services.leads.leads.store import leads
from services.leads.leads.store import sealing as lead_sealing
from services.leads.merges.domain import CollisionUndecided, NotYoursToMerge
from services.leads.notices import operations as notices
from services.leads.notices.domain import News


async def merge(tx: Tx, lead_id: UUID, duplicate_id: UUID, purpose: str, take: list[str]) -> LeadMerge:
    """Merge a duplicate into a lead. Refused: as LeadMergesService.MergeLead says."""
    survivor, duplicate = await leads.locked(tx, lead_id), await leads.locked(tx, duplicate_id)
    _must_be_theirs(tx, duplicate, survivor)
    if undecided := await tx.fetch_value(UNDECIDED, id=lead_id, other=duplicate_id):
        raise CollisionUndecided(collision_id=undecided)
    done = LeadMerge(new_id(), lead_id, duplicate_id, purpose, tx.principal.user_id, tx.now, tx.now)
    others = await _into(tx, lead_id)
    must_fit(duplicate, survivor)
    done.enrolment_id = await enrolments.rest_with_lead(tx, duplicate)
    done.unite(duplicate, survivor, take, others)
    await _save(tx, duplicate, survivor)
    tx.emit(events.LeadMerged(lead=fact(duplicate)), duplicate)
    await lead_merges.add(tx, done)
    await _tell(tx, duplicate, survivor, LeadsMerged)
    return done


async def undo(tx: Tx, merge_id: UUID, purpose: str) -> LeadMerge:
    """Undo a merge. Refused: as LeadMergesService.UndoLeadMerge says."""
    done = await lead_merges.locked(tx, merge_id)
    survivor, duplicate = await leads.locked(tx, done.lead_id), await _duplicate(tx, done.duplicate_id)
    _must_be_theirs(tx, duplicate, survivor)
    done.part(duplicate, survivor, [one for one in await _into(tx, survivor.id) if one.id != done.id])
    done.undo_purpose, done.undone_by, done.undo_time = purpose, tx.principal.user_id, tx.now
    await _save(tx, duplicate, survivor)
    tx.emit(events.LeadMergeUndone(lead=fact(duplicate), from_lead_id=str(survivor.id)), duplicate)
    if done.enrolment_id is not None:
        await enrolments.go_on_with_lead(tx, duplicate, done.enrolment_id)
    await lead_merges.save(tx, done)
    await _tell(tx, duplicate, survivor, LeadsParted)
    return done


async def preview(tx: Tx, lead_id: UUID, duplicate_id: UUID) -> pb.LeadMergePreview:
    """What a merge would do. Refused: as LeadMergesService.PreviewLeadMerge says."""
    survivor, duplicate = await leads.get(tx, lead_id), await leads.get(tx, duplicate_id)
    _must_be_theirs(tx, duplicate, survivor)
    if undecided := await tx.fetch_value(UNDECIDED, id=lead_id, other=duplicate_id):
        raise CollisionUndecided(collision_id=undecided)
    must_fit(duplicate, survivor)
    shown = pb.LeadMergePreview(
        survivor=lead_codec.to_message(survivor),
        duplicate=lead_codec.to_message(duplicate),
        conflicts=conflicts(duplicate, survivor),
        filled=what_changes(duplicate, survivor),
        joined=map(str, joining(duplicate, survivor, await _into(tx, lead_id))),
    )
    for row in await tx.fetch(COUNTS, id=duplicate_id):
        if row["rows"]:
            shown.records.add(kind=row["kind"], rows=row["rows"])
    return shown


def _must_be_theirs(tx: Tx, *both: Lead) -> None:
    if tx.principal.role == "REP" and any(one.owner_id != tx.principal.user_id for one in both):
        raise NotYoursToMerge


async def _duplicate(tx: Tx, lead_id: UUID) -> Lead:
    """The lead to set free, which may be another's: whoever sees what it was merged into has a say in it."""
    row = await tx.fetch_one(FREED, id=lead_id)
    if row is None:
        raise NotFound(kind="lead", kind_zh="线索")
    (opened,) = await lead_sealing.open(tx, [row])
    return lead_codec.from_row(opened)


async def _into(tx: Tx, lead_id: UUID) -> list[LeadMerge]:
    """The merges into it that stand."""
    rows = await sealing.open(tx, await tx.fetch(STANDING_INTO, id=lead_id))
    return [codec.from_row(row) for row in rows]


async def _save(tx: Tx, duplicate: Lead, survivor: Lead) -> None:
    """Keep both, and where what is recorded under the duplicate is read from now on."""
    await leads.save(tx, survivor)
    tx.emit(events.LeadUpdated(lead=fact(survivor)), survivor)
    await leads.save(tx, duplicate)
    await aliases.note(tx, duplicate.id, duplicate.merged_into, duplicate.version)


async def _tell(tx: Tx, duplicate: Lead, survivor: Lead, news: type[News]) -> None:
    told = news("lead", survivor.id, duplicate=duplicate.company, survivor=survivor.company)
    await notices.tell(tx, [one for one in (survivor.owner_id, duplicate.owner_id) if one != NOBODY], told)
