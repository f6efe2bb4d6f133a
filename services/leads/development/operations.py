"""Publish checklists, tick what is done for accounts, and count where they stand."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from dealtrail.leads.v1 import development_pb2 as pb
from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.errors import Conflict
from services.kit.ids import derived_id, new_id
from services.kit.visibility import reach
from services.leads.accounts.domain import Account
from services.leads.accounts.store import accounts
from services.leads.development.domain import (
    GENERAL,
    ClassTime,
    Development,
    DevelopmentChecklist,
    DevelopmentEntry,
    Place,
    Step,
    StepCount,
    followed,
    stand,
)
from services.leads.development.store import (
    ADD,
    CLASSES,
    ENTRIES,
    FORGET,
    LAST,
    MOST_TELLING,
    NEWEST,
    NOTE,
    ONE,
    STEPS,
    WRITE,
    checklist_codec,
    codec,
    entry_codec,
)


async def publish(tx: Tx, checklist: DevelopmentChecklist) -> DevelopmentChecklist:
    """Keep the next version of a checklist, whose version is 0 so far. Refused: ITEM_TWICE, STEPS_WITHOUT_ITEM."""
    checklist.check()
    place = {"territory": checklist.territory, "segment": checklist.segment}
    row = checklist_codec.to_row(checklist) | {"version": await tx.fetch_value(LAST, **place) + 1}
    if not await tx.execute(ADD, **row):
        raise Conflict
    return checklist_codec.from_row(row)


async def checklists(tx: Tx) -> list[DevelopmentChecklist]:
    """The newest of each territory and segment."""
    found = [checklist_codec.from_row(row) for row in await tx.fetch(NEWEST)]
    return found if any(not (one.territory or one.segment) for one in found) else [GENERAL, *found]


async def get(tx: Tx, account_id: UUID) -> tuple[Development, DevelopmentChecklist]:
    """How far an account has come, and by which checklist."""
    return await _standing(tx, await accounts.get(tx, account_id), await _entries(tx, account_id))


async def tick(tx: Tx, account_id: UUID, item: str, *, undo: bool) -> tuple[Development, DevelopmentChecklist]:
    """Note that an item is done, or is not after all. Refused: UNKNOWN_ITEM, ACCOUNT_MERGED."""
    account = await accounts.locked(tx, account_id)
    account.must_stand()
    found, checklist = await _standing(tx, account, await _entries(tx, account_id))
    was = found.step if found.version else None
    entry = found.next_entry(new_id(), item, not undo, tx.principal.user_id, tx.now, checklist)
    if entry is not None:
        found.take(entry, checklist)
        await tx.execute(NOTE, **entry_codec.to_row(entry))
        await tx.execute(WRITE, **codec.to_row(found))
        if found.step is not was:
            event = events.DevelopmentStepChanged(development=codec.to_message(found))
            event.from_step = pb.Development.Step.Value(was) if was else pb.Development.STEP_UNSPECIFIED
            tx.emit(event, found, seen_as=account)
    return found, checklist


async def settle(tx: Tx, *account_ids: UUID) -> None:
    """Let accounts stand where their entries say, now that some came or left with a merge or its undoing."""
    for account_id in account_ids:
        entries = await _entries(tx, account_id)
        if place := followed(entries):
            found = stand(_of(account_id), account_id, entries, await _kept(tx, place))
            await tx.execute(WRITE, **codec.to_row(found))
        else:
            await tx.execute(FORGET, account_id=account_id)


async def figures(tx: Tx, chosen: Mapping[str, str]) -> tuple[list[StepCount], list[ClassTime]]:
    """Where accounts in sight stand, and how long they take by class."""
    how_far, names = reach(tx.principal), tuple(sorted(chosen))
    known = {row[0]: StepCount(*row) for row in await tx.fetch(STEPS(how_far, names), **chosen)}
    classes = sorted(ClassTime(*row) for row in await tx.fetch(CLASSES(how_far, names), **chosen))
    return [known.get(step, StepCount(step)) for step in Step], classes


def _of(account_id: UUID) -> UUID:
    """The id of the one development of an account."""
    return derived_id(account_id, "development")


async def _entries(tx: Tx, account_id: UUID) -> list[DevelopmentEntry]:
    return [entry_codec.from_row(row) for row in await tx.fetch(ENTRIES, account_id=account_id)]


async def _standing(
    tx: Tx, account: Account, entries: Iterable[DevelopmentEntry]
) -> tuple[Development, DevelopmentChecklist]:
    """Where an account stands, and by which checklist: the one that it began with, else the most telling one."""
    noted = list(entries)
    if place := followed(noted):
        checklist = await _kept(tx, place)
    else:
        row = await tx.fetch_one(MOST_TELLING, territory=account.region, segment=account.industry)
        checklist = checklist_codec.from_row(row) if row else GENERAL
    return stand(_of(account.id), account.id, noted, checklist), checklist


async def _kept(tx: Tx, place: Place) -> DevelopmentChecklist:
    """A version of a checklist, which is kept for ever."""
    if not place.version:
        return GENERAL
    row = await tx.fetch_one(ONE, **place._asdict())
    assert row, "versions are kept for ever"
    return checklist_codec.from_row(row)
