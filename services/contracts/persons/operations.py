"""What is done with persons here: tell which contracts name them, keep those that are evidence, clean the others."""

from uuid import UUID

from asyncpg import Record
from dealtrail.type.v1 import personal_data_pb2 as data

from services.contracts.contracts.domain import Status
from services.contracts.persons.domain import evidence_until
from services.contracts.persons.store import CONTRACTS, REWRITE
from services.kit.answers import forget
from services.kit.codec import to_timestamp
from services.kit.database import Tx
from services.kit.masking import redacted


async def records(tx: Tx, traces: data.PersonTraces) -> list[data.PersonalRecord]:
    """The contracts of the deals that name them."""
    return [
        data.PersonalRecord(
            kind="contract",
            id=str(row["id"]),
            fields={"number": row["number"], "title": row["title"], "status": row["status"]},
            create_time=to_timestamp(row["create_time"]),
        )
        for row in await _contracts(tx, traces)
    ]


async def erase(tx: Tx, traces: data.PersonTraces) -> list[data.ErasureEffect]:
    """Keep what is signed, and take their words out of the rest."""
    rows = await _contracts(tx, traces)
    cleaned = 0
    for row in rows:
        title = redacted(row["title"], traces.words)
        attributes = {key: redacted(value, traces.words) for key, value in row["attributes"].items()}
        if row["status"] != Status.SIGNED and (title, attributes) != (row["title"], row["attributes"]):
            cleaned += await tx.execute(REWRITE, which=row["id"], title=title, attributes=attributes)
    counted = {"contracts.contracts": cleaned, "contracts.answers": await forget(tx, traces.words)}
    erased = data.ErasureEffect.ERASED
    effects = [data.ErasureEffect(kind=kind, outcome=erased, count=n) for kind, n in counted.items() if n]
    if signed := [row for row in rows if row["status"] == Status.SIGNED]:
        effects.append(
            data.ErasureEffect(
                kind="contracts.contracts",
                outcome=data.ErasureEffect.RETAINED,
                count=len(signed),
                reason="SIGNED_CONTRACT",
                until=to_timestamp(max(evidence_until(row["sign_date"]) for row in signed)),
                ids=[str(row["id"]) for row in signed],
            )
        )
    return effects


async def _contracts(tx: Tx, traces: data.PersonTraces) -> list[Record]:
    return await tx.fetch(CONTRACTS, deal_ids=[UUID(one) for one in traces.deal_ids])
