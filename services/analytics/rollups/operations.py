"""How recent the counted facts are, and in which teams their owners work."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from dealtrail.analytics.v1.freshness_pb2 import Freshness

from services.analytics.rollups.store import HOLD, NEWEST, NOTE, TEAMS
from services.kit.codec import to_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope


async def note(tx: Tx, counted: Sequence[Envelope]) -> None:
    """Say that these events of one service have been counted."""
    await tx.write(
        NOTE,
        source=_source(counted[0]),
        event_time=max(envelope.occurred_at for envelope in counted),
        recorded_time=max(envelope.recorded_at for envelope in counted),
    )


async def freshness(tx: Tx, source: str) -> Freshness:
    """The newest counted event of the service `source`."""
    row = await tx.fetch_one(NEWEST, source=source)
    if row is None:
        return Freshness()
    return Freshness(event_time=to_timestamp(row["event_time"]), recorded_time=to_timestamp(row["recorded_time"]))


async def hold(tx: Tx, facts: str) -> None:
    """Be the only one who changes facts of this kind for the tenant, until the transaction ends.

    Sums change by what a fact added before: whoever reads that must know that nobody else writes. Consumers read
    one stream each, so they wait for each other only when somebody moves to another team or dead letters are replayed.
    """
    await tx.fetch(HOLD, facts=f"{facts}.{tx.principal.tenant_id}")


async def teams(tx: Tx, owners: Iterable[UUID]) -> dict[UUID, UUID | None]:
    """The teams of those owners who were told to have moved. Whoever never moved is in the team that a fact says."""
    rows = await tx.fetch(TEAMS, ids=list(set(owners)))
    return {row["user_id"]: row["team_id"] for row in rows}


def _source(envelope: Envelope) -> str:
    """The service that told it: the second word of "dealtrail.leads.v1.LeadCaptured"."""
    return envelope.type.split(".")[1]
