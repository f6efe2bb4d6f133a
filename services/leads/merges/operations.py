"""Merging accounts, undoing it, and finding what may be merged."""

from dataclasses import replace
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import merges_pb2 as pb

from services.kit import aliases
from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.kit.visibility import reach
from services.leads.accounts.domain import Account
from services.leads.accounts.operations import candidate
from services.leads.accounts.store import account_codec, accounts
from services.leads.contact_merges.store import ACROSS
from services.leads.development import operations as development
from services.leads.matching.domain import Sign, same
from services.leads.merges.domain import (
    AccountsMerged,
    AccountsParted,
    CollisionUndecided,
    ContactsMergedAcross,
    Merge,
    Moved,
    NotYoursToMerge,
    SameAccount,
    conflicts,
    joining,
    uscc_differs,
)
from services.leads.merges.store import (
    COUNTS,
    FOLLOW,
    FREED,
    SAME_MARKS,
    STANDING_INTO,
    UNDECIDED,
    codec,
    merges,
    sealing,
)
from services.leads.notices import operations as notices
from services.leads.notices.domain import News

SHOWN = 50
"""Duplicates that one look answers with."""


async def merge(tx: Tx, account_id: UUID, duplicate_id: UUID, purpose: str, take: list[str]) -> Merge:
    """Merge a duplicate into an account. Refused: as MergesService.MergeAccount says."""
    survivor, duplicate = await _both(tx, account_id, duplicate_id)
    if undecided := await tx.fetch_value(UNDECIDED, id=account_id, other=duplicate_id):
        raise CollisionUndecided(collision_id=undecided)
    done = Merge(new_id(), account_id, duplicate_id, purpose, tx.principal.user_id, tx.now, tx.now)
    done.unite(duplicate, survivor, take, await _into(tx, account_id))
    await _save(tx, survivor)
    await accounts.save(tx, duplicate)
    tx.emit(events.AccountMerged(account=account_codec.to_message(duplicate)), duplicate)
    done.moved = await _follow(tx, duplicate, survivor)
    await merges.add(tx, done)
    await _tell(tx, duplicate, survivor, AccountsMerged)
    return done


async def undo(tx: Tx, merge_id: UUID, purpose: str) -> Merge:
    """Undo a merge. Refused: as MergesService.UndoMerge says."""
    done = await merges.locked(tx, merge_id)
    survivor = await accounts.locked(tx, done.account_id)
    duplicate = await _duplicate(tx, done.duplicate_id)
    _must_be_theirs(tx, duplicate, survivor)
    done.part(duplicate, survivor, [one for one in await _into(tx, survivor.id) if one.id != done.id])
    done.undo_purpose, done.undone_by, done.undo_time = purpose, tx.principal.user_id, tx.now
    await _save(tx, survivor)
    await accounts.save(tx, duplicate)
    event = events.AccountMergeUndone(account=account_codec.to_message(duplicate), from_account_id=str(survivor.id))
    tx.emit(event, duplicate)
    await _follow(tx, duplicate, survivor)
    if across := await tx.fetch_value(ACROSS, account_ids=[duplicate.id, survivor.id]):
        raise ContactsMergedAcross(contact_merge_id=across)
    await merges.save(tx, done)
    await _tell(tx, duplicate, survivor, AccountsParted)
    return done


async def preview(tx: Tx, account_id: UUID, duplicate_id: UUID) -> pb.MergePreview:
    """What a merge would do. Refused: as MergesService.PreviewMerge says."""
    survivor, duplicate = await _both(tx, account_id, duplicate_id, held=False)
    duplicate.must_stand()
    survivor.must_stand()
    shown = pb.MergePreview(uscc_differs=uscc_differs(duplicate, survivor))
    shown.collision_id = str(await tx.fetch_value(UNDECIDED, id=account_id, other=duplicate_id) or "")
    shown.joined.extend(map(str, joining(duplicate, survivor, await _into(tx, account_id))))
    for row in await tx.fetch(COUNTS, id=duplicate_id):
        shown.moved.add(kind=row["kind"], rows=row["rows"])
    for one in conflicts(duplicate, survivor):
        shown.conflicts.add(field=one.field, survivor=one.before, duplicate=one.after)
    return shown


async def duplicates(tx: Tx, account_id: UUID) -> list[tuple[Account, set[Sign]]]:
    """Accounts in the caller's sight that may be the same company, with the signs of it; those with most first."""
    account = await accounts.get(tx, account_id)
    found: dict[UUID, tuple[Account, set[Sign]]] = {}
    for row in await tx.fetch(SAME_MARKS(reach(tx.principal)), id=account_id):
        sign, other = Sign(row["sign"]), account_codec.from_row(row)
        mine = replace(candidate(account), company=row["my_name"], uscc=row["my_uscc"])
        if same(sign, mine, replace(candidate(other), company=row["their_name"], uscc=row["their_uscc"])):
            found.setdefault(other.id, (other, set()))[1].add(sign)
    return sorted(found.values(), key=lambda one: (-len(one[1]), one[0].name, one[0].id))[:SHOWN]


async def _both(tx: Tx, account_id: UUID, duplicate_id: UUID, *, held: bool = True) -> tuple[Account, Account]:
    """The survivor and the duplicate. Refused: SAME_ACCOUNT, NOT_FOUND, NOT_YOURS_TO_MERGE."""
    if account_id == duplicate_id:
        raise SameAccount
    read = accounts.locked if held else accounts.get
    survivor, duplicate = await read(tx, account_id), await read(tx, duplicate_id)
    _must_be_theirs(tx, duplicate, survivor)
    return survivor, duplicate


async def _duplicate(tx: Tx, account_id: UUID) -> Account:
    """The account to set free, which may be another's: whoever sees what it was merged into has a say in it."""
    row = await tx.fetch_one(FREED, id=account_id)
    if row is None:
        raise NotFound(kind="account", kind_zh="客户")
    return account_codec.from_row(row)


def _must_be_theirs(tx: Tx, *both: Account) -> None:
    if tx.principal.role == "REP" and any(one.owner_id != tx.principal.user_id for one in both):
        raise NotYoursToMerge


async def _into(tx: Tx, account_id: UUID) -> list[Merge]:
    """The merges into it that stand."""
    rows = await sealing.open(tx, await tx.fetch(STANDING_INTO, id=account_id))
    return [codec.from_row(row) for row in rows]


async def _save(tx: Tx, survivor: Account) -> None:
    await accounts.save(tx, survivor)
    tx.emit(events.AccountUpdated(account=account_codec.to_message(survivor)), survivor)


async def _follow(tx: Tx, duplicate: Account, survivor: Account) -> list[Moved]:
    """Let what was recorded under the duplicate stand where it stands now; how much that was, by kind."""
    await aliases.note(tx, duplicate.id, duplicate.merged_into, duplicate.version)
    moved = [Moved(kind, await tx.execute(statement, id=duplicate.id)) for kind, statement in FOLLOW.items()]
    await development.settle(tx, duplicate.id, survivor.id)
    return [one for one in moved if one.rows]


async def _tell(tx: Tx, duplicate: Account, survivor: Account, news: type[News]) -> None:
    told = news("account", survivor.id, duplicate=duplicate.name, survivor=survivor.name)
    await notices.tell(tx, [survivor.owner_id, duplicate.owner_id], told)
