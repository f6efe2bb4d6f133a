"""What is done with imports: take one, stop one, say how far it is, keep what was refused, end it."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from gateway.imports import domain
from gateway.imports.domain import ImportUnderWay, Operation, Rows, State, TooManyImports
from gateway.imports.files import Sheet, unpacked
from gateway.imports.store import (
    ADD_PIECE,
    ADD_REFUSAL,
    CLAIM,
    DROP_FILE,
    DROP_REFUSALS,
    END,
    ENQUEUE,
    EXPIRED,
    FILE,
    FORGET,
    KEPT,
    LEAVE,
    RENEW,
    UNFINISHED,
    codec,
    operations,
    sealing,
)
from services.kit.database import Tx
from services.kit.errors import Problem
from services.kit.masking import redacted
from services.kit.sealing import destroy, key_of, new_key

if TYPE_CHECKING:
    from gateway.imports.plan import Refused

AT_MOST = 20
"""Unfinished imports of one tenant."""
ABOUT = b"import"
LEASE = timedelta(seconds=15)


class LeaseLost(Exception):
    """Another worker has it by now, or somebody has stopped it."""


async def start(tx: Tx, operation: Operation, sheet: Sheet) -> None:
    """Take an import: whatever happens from here on, it will be carried out. Refused: TOO_MANY_IMPORTS."""
    if await tx.fetch_value(UNFINISHED) >= AT_MOST:
        raise TooManyImports(limit=AT_MOST, retry_after=10)
    await operations.add(tx, operation)
    key = await new_key(tx, operation.id)
    for piece, content in enumerate(sheet.packed()):
        sealed = key.seal(content, ABOUT)
        await tx.execute(ADD_PIECE, operation_id=operation.id, piece=piece, content=sealed)
    expire_time = operation.create_time + domain.KEPT
    await tx.execute(ENQUEUE, id=operation.id, worker=None, leased_until=None, ended=False, expire_time=expire_time)


async def cancel(tx: Tx, operation_id: UUID) -> Operation:
    """Stop an import; its worker finds out with the next rows. Refused: OPERATION_ENDED."""
    operation = await operations.locked(tx, operation_id)
    was = operation.state
    operation.cancel(tx.now)
    if was is not operation.state:
        await operations.save(tx, operation)
        await tx.execute(END, id=operation_id)
    return operation


async def claim(tx: Tx, worker: UUID) -> tuple[UUID, UUID] | None:
    """Take over an import that nobody works on: its tenant and its id."""
    row = await tx.fetch_one(CLAIM, by=worker, until=tx.now + LEASE)
    return (row["tenant_id"], row["id"]) if row else None


async def renew(tx: Tx, operation_id: UUID, worker: UUID) -> None:
    """Go on holding it. It raises LeaseLost."""
    if not await tx.execute(RENEW, id=operation_id, by=worker, until=tx.now + LEASE):
        raise LeaseLost


async def leave(tx: Tx, operation_id: UUID, worker: UUID) -> None:
    """Let another worker go on with it."""
    await tx.execute(LEAVE, id=operation_id, by=worker)


async def begin(tx: Tx, operation_id: UUID, worker: UUID) -> Operation:
    """The import, running from now on. It raises LeaseLost."""
    operation = await _held(tx, operation_id, worker)
    operation.state = State.RUNNING
    await operations.save(tx, operation)
    return operation


async def sheet_of(tx: Tx, operation: Operation) -> Sheet:
    """The file of an import."""
    key = await key_of(tx, operation.id)
    pieces = [row["content"] for row in await tx.fetch(FILE, operation_id=operation.id)]
    if key is not None:  # else it was sent before there were keys
        pieces = [key.open(piece, ABOUT) for piece in pieces]
    return unpacked(pieces, operation.columns["delimiter"], operation.columns["header"])


async def come_further(tx: Tx, operation_id: UUID, worker: UUID, rows: Rows, refused: "list[Refused]") -> None:
    """Commit what has become of some rows. It raises LeaseLost."""
    operation = await _held(tx, operation_id, worker)
    operation.rows = rows
    await operations.save(tx, operation)
    if refused and (key := await key_of(tx, operation_id)):
        tx.keys[operation_id] = key
    for one in refused:
        row = await sealing.seal(tx, {"operation_id": operation_id, **asdict(one)})
        await tx.execute(ADD_REFUSAL, **row)


async def end(tx: Tx, operation_id: UUID, worker: UUID, problem: Problem | None = None) -> None:
    """Say that it has succeeded, or that the problem keeps it from going on. It raises LeaseLost."""
    operation = await _held(tx, operation_id, worker)
    operation.state = State.FAILED if problem else State.SUCCEEDED
    operation.end_time = tx.now
    if problem:
        operation.reason, operation.message = problem.reason, problem.message()
    await operations.save(tx, operation)
    await tx.execute(END, id=operation_id)


async def expired(tx: Tx) -> list[tuple[UUID, UUID]]:
    """Imports whose files are no longer to be kept: tenant and id."""
    return [(row["tenant_id"], row["id"]) for row in await tx.fetch(EXPIRED)]


async def clear(tx: Tx, operation_id: UUID) -> None:
    """Delete the file and the refused rows."""
    await tx.execute(DROP_FILE, operation_id=operation_id)
    await tx.execute(DROP_REFUSALS, operation_id=operation_id)
    await tx.execute(FORGET, id=operation_id)
    await destroy(tx, [operation_id])


async def clear_naming(tx: Tx, words: Iterable[str]) -> int:
    """Delete the files and refused rows that name somebody by one of the words; how many files there were.

    Refused: IMPORT_UNDER_WAY if one that does is still being carried out.
    """
    sought, count = list(words), 0
    for row in await tx.fetch(KEPT):
        operation = codec.from_row(row)
        sheet = await sheet_of(tx, operation)
        if redacted(sheet.text, sought) == sheet.text:
            continue
        if not operation.state.final:
            raise ImportUnderWay
        await clear(tx, operation.id)
        count += 1
    return count


async def _held(tx: Tx, operation_id: UUID, worker: UUID) -> Operation:
    # The operation before its place in the queue, as whoever cancels it locks them.
    operation = await operations.locked(tx, operation_id)
    if operation.state.final:
        raise LeaseLost
    await renew(tx, operation_id, worker)
    return operation
