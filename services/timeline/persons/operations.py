"""What is done with persons here: tell what texts hold of them, and take it out."""

from typing import Any
from uuid import UUID

from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit.answers import forget
from services.kit.codec import to_timestamp
from services.kit.database import Tx
from services.kit.masking import redacted
from services.kit.sealing import destroy
from services.timeline.persons.store import REWRITE, TEXTS
from services.timeline.touchpoints.store import TEXT, sealing

Row = dict[str, Any]


async def records(tx: Tx, traces: data.PersonTraces) -> list[data.PersonalRecord]:
    """The touchpoints of which they were part, or whose text names them."""
    found = [row for row in await _texts(tx, traces) if _part(row, traces) or _named(row, traces)]
    return [
        data.PersonalRecord(
            kind="touchpoint",
            id=str(row["id"]),
            fields={"kind": row["kind"], "occurred_time": row["occurred_time"].isoformat()}
            | {name: row[name] for name in TEXT if row[name]},
            create_time=to_timestamp(row["create_time"]),
        )
        for row in found
    ]


async def erase(tx: Tx, traces: data.PersonTraces) -> list[data.ErasureEffect]:
    """Destroy the texts of which they were part, and take their words out of the others of their customers."""
    rows = await _texts(tx, traces)
    part = [row for row in rows if _part(row, traces)]
    named = [row for row in rows if not _part(row, traces) and _named(row, traces)]
    await destroy(tx, [row["id"] for row in (*part, *named)])
    for row in part:
        await tx.execute(REWRITE, which=row["id"], sealed=None)
    for row in named:
        # A key of its own anew: what the text said before, and all its former versions, went with the old one.
        tx.keys.pop(row["id"], None)
        clean = row | {name: redacted(row[name], traces.words) for name in TEXT}
        await tx.execute(REWRITE, which=row["id"], sealed=(await sealing.seal(tx, clean))["sealed"])
    words = [*traces.words, *(str(row["id"]) for row in (*part, *named))]
    counted = {
        "timeline.texts": len(part),
        "timeline.mentions": len(named),
        "timeline.answers": await forget(tx, words),
    }
    erased = data.ErasureEffect.ERASED
    return [data.ErasureEffect(kind=kind, outcome=erased, count=count) for kind, count in counted.items() if count]


async def _texts(tx: Tx, traces: data.PersonTraces) -> list[Row]:
    ids = {
        "lead_ids": [UUID(one) for one in traces.lead_ids],
        "account_ids": [UUID(one) for one in traces.account_ids],
        "deal_ids": [UUID(one) for one in traces.deal_ids],
    }
    return await sealing.open(tx, await tx.fetch(TEXTS, **ids))


def _part(row: Row, traces: data.PersonTraces) -> bool:
    """Whether they were part of it: it is about their lead, or they are among the participants."""
    return str(row["lead_id"]) in traces.lead_ids or any(str(one) in traces.contact_ids for one in row["participants"])


def _named(row: Row, traces: data.PersonTraces) -> bool:
    return any(redacted(row[name], traces.words) != row[name] for name in TEXT)
