"""Published events are sent again from their owner's outbox, when a stream was lost or is too young.

    python -m services.kit.republish [--since INSTANT]

DEALTRAIL_MIGRATION_URL names the owner's database, as the role that owns it; DEALTRAIL_NATS_URL the
broker. Consumers that have an event in their inbox ignore it; one that is rebuilt takes it.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from nats.aio.client import Client

from services.kit import streams
from services.kit.secrets import required

PUBLISHED = """SELECT event_id, subject, headers::text AS headers, payload FROM outbox
WHERE published_at IS NOT NULL AND created_at >= $1 ORDER BY id"""
CHOSEN = """SELECT event_id, subject, headers::text AS headers, payload FROM outbox
WHERE published_at IS NOT NULL AND event_id = ANY($1) ORDER BY id"""
AT_ONCE = 256
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


async def republish(owner: Any, client: Client, since: datetime = BEGINNING) -> int:
    """Send every event recorded since then once more, in the order of the outbox; how many.

    Their ids are as they were; the stream takes them as new. `owner` is a connection as the role
    that owns the tables.
    """
    return await _send_all(owner, client, PUBLISHED, since)


async def republish_events(owner: Any, client: Client, events: Iterable[UUID]) -> int:
    """Send these events once more, as far as the outbox of `owner` has them and they were published; how many."""
    return await _send_all(owner, client, CHOSEN, list(events))


async def _send_all(owner: Any, client: Client, query: str, argument: Any) -> int:
    epoch = time.time_ns()
    sent = 0
    waiting: list[Any] = []
    async with owner.transaction(readonly=True):
        async for row in owner.cursor(query, argument, prefetch=AT_ONCE):
            if not sent and row["subject"].startswith("dealtrail."):
                await streams.ensure_stream(client, row["subject"].split(".")[1])
            waiting.append(_send(client, row, epoch))
            sent += 1
            if len(waiting) == AT_ONCE:
                await asyncio.gather(*waiting)
                waiting.clear()
        await asyncio.gather(*waiting)
    return sent


async def _send(client: Client, row: Any, epoch: int) -> None:
    headers = orjson.loads(row["headers"]) | {"Nats-Msg-Id": f"{row['event_id']}:r{epoch}"}
    await streams.store(client, row["subject"], row["payload"], headers)


async def _main(since: datetime) -> None:
    owner = await asyncpg.connect(required("DEALTRAIL_MIGRATION_URL"))
    client = await streams.connect(required("DEALTRAIL_NATS_URL"), "operator")
    try:
        sys.stdout.write(f"sent {await republish(owner, client, since)} events again\n")
    finally:
        await client.drain()
        await owner.close()


def main() -> None:
    """Republish."""
    parser = argparse.ArgumentParser(prog="python -m services.kit.republish", description=__doc__)
    parser.add_argument(
        "--since", type=datetime.fromisoformat, default=BEGINNING, help="such as 2026-11-01T00:00+08:00"
    )
    asyncio.run(_main(parser.parse_args().since))


if __name__ == "__main__":
    main()
