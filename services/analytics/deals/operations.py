"""Learn what an event tells of a deal, and keep the sums true."""

from services.analytics.deals import store
from services.analytics.deals.domain import Deal, share, spans
from services.analytics.rollups.domain import changes
from services.kit.database import Tx


async def learn(tx: Tx, told: Deal) -> None:
    """Add to what is known of the deal, and to the sums what that changes."""
    before = await store.known(tx, told)
    after = before.merged(told) if before else told
    if after == before:
        return
    await store.write(tx, after, spans(before.steps) if before else [], spans(after.steps))
    await store.rollup.add(tx, changes(share(before), share(after)))


async def learn_stage(
    tx: Tx, process: str, process_version: int, stage: str, place: int, label: str, expected_days: int
) -> None:
    """Keep what a process version says of a stage; it never says anything else."""
    await tx.execute(
        store.LEARN_STAGE,
        process=process,
        process_version=process_version,
        stage=stage,
        place=place,
        label=label,
        expected_days=expected_days,
    )
