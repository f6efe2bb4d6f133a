"""What is done with persons here: say which deals name them, and take their words out of what people typed."""

from uuid import UUID

from asyncpg import Record
from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit.answers import forget
from services.kit.codec import to_timestamp
from services.kit.database import Tx
from services.kit.masking import redacted
from services.opportunities.persons.store import DEALS, REWRITE


async def trace(tx: Tx, traces: data.PersonTraces) -> data.PersonTraces:
    """The traces, with the deals that name the person."""
    traces.deal_ids[:] = [str(row["id"]) for row in await _deals(tx, traces)]
    return traces


async def records(tx: Tx, traces: data.PersonTraces) -> list[data.PersonalRecord]:
    """The deals that name them."""
    return [
        data.PersonalRecord(
            kind="deal", id=str(row["id"]), fields={"name": row["name"]}, create_time=to_timestamp(row["create_time"])
        )
        for row in await _deals(tx, traces)
    ]


async def erase(tx: Tx, traces: data.PersonTraces) -> list[data.ErasureEffect]:
    """Take their words out of names and attributes of deals."""
    count = 0
    for row in await _deals(tx, traces):
        name = redacted(row["name"], traces.words)
        attributes = {key: redacted(value, traces.words) for key, value in row["attributes"].items()}
        if (name, attributes) != (row["name"], row["attributes"]):
            count += await tx.execute(REWRITE, which=row["id"], name=name, attributes=attributes)
    counted = {"opportunities.deals": count, "opportunities.answers": await forget(tx, traces.words)}
    erased = data.ErasureEffect.ERASED
    return [data.ErasureEffect(kind=kind, outcome=erased, count=n) for kind, n in counted.items() if n]


async def _deals(tx: Tx, traces: data.PersonTraces) -> list[Record]:
    lead_ids, contact_ids = ([UUID(one) for one in ids] for ids in (traces.lead_ids, traces.contact_ids))
    return await tx.fetch(DEALS, lead_ids=lead_ids, contact_ids=contact_ids)
