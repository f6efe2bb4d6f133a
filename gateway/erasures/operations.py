"""What is done with erasures: take one, decide, carry it on, end it."""

from datetime import datetime, timedelta
from uuid import UUID

from gateway.erasures.domain import Effect, Erasure, State, due
from gateway.erasures.store import CLAIM, ENQUEUE, LEAVE, OPEN, codec, erasures
from services.kit.database import Tx
from services.kit.ids import new_id

LEASE = timedelta(seconds=30)
REMIND = timedelta(days=1)


async def request(tx: Tx, person_ids: list[UUID], channel: str) -> Erasure:
    """Take a request; one that is under way for one of these persons is answered instead."""
    if row := await tx.fetch_one(OPEN, person_ids=person_ids):
        return codec.from_row(row)
    erasure = Erasure(
        id=new_id(),
        person_ids=person_ids,
        channel=channel,
        requested_by=tx.principal.user_id,
        due_time=due(tx.now),
        create_time=tx.now,
        update_time=tx.now,
    )
    await erasures.add(tx, erasure)
    # Whoever takes it from the queue then and finds it undecided says that it is overdue.
    await tx.execute(ENQUEUE, id=erasure.id, not_before=erasure.due_time)
    return erasure


async def approve(tx: Tx, erasure_id: UUID, verification: str) -> Erasure:
    """Let it be carried out. Refused: ERASURE_DECIDED."""
    erasure = await erasures.locked(tx, erasure_id)
    if erasure.approve(tx.principal.user_id, verification):
        await erasures.save(tx, erasure)
        await tx.execute(ENQUEUE, id=erasure.id, not_before=tx.now)
    return erasure


async def refuse(tx: Tx, erasure_id: UUID, reason: str) -> Erasure:
    """Refuse it. Refused: ERASURE_DECIDED."""
    erasure = await erasures.locked(tx, erasure_id)
    if erasure.refuse(tx.principal.user_id, reason, tx.now):
        await erasures.save(tx, erasure)
        await tx.execute(LEAVE, id=erasure.id)
    return erasure


async def claim(tx: Tx) -> tuple[UUID, UUID] | None:
    """Take over what is due: its tenant and its id. It comes up again if it is not ended within LEASE."""
    row = await tx.fetch_one(CLAIM, until=tx.now + LEASE)
    return (row["tenant_id"], row["id"]) if row else None


async def done(tx: Tx, erasure_id: UUID, step: str, effects: list[Effect]) -> None:
    """Keep what came of a step, and go on holding it."""
    erasure = await erasures.locked(tx, erasure_id)
    if step not in erasure.steps:
        erasure.step(step, effects)
        await erasures.save(tx, erasure)
    await tx.execute(ENQUEUE, id=erasure_id, not_before=tx.now + LEASE)


async def end(tx: Tx, erasure_id: UUID) -> None:
    """All is done; what is retained comes up again when the hold is over."""
    erasure = await erasures.locked(tx, erasure_id)
    erasure.state, erasure.end_time = State.DONE, erasure.end_time or tx.now
    await erasures.save(tx, erasure)
    if erasure.hold_until is None:
        await tx.execute(LEAVE, id=erasure_id)
    else:
        await tx.execute(ENQUEUE, id=erasure_id, not_before=erasure.hold_until)


async def release(tx: Tx, erasure_id: UUID, effects: list[Effect]) -> None:
    """The hold is over, and what was held is gone."""
    erasure = await erasures.locked(tx, erasure_id)
    erasure.effects += effects
    erasure.hold_until = None
    await erasures.save(tx, erasure)
    await tx.execute(LEAVE, id=erasure_id)


async def remind(tx: Tx, erasure_id: UUID, now: datetime) -> None:
    """Come back to one that nobody has decided."""
    await tx.execute(ENQUEUE, id=erasure_id, not_before=now + REMIND)
