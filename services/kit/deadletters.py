"""Dead letters: events that could not be applied, kept until somebody lists and replays them.

    python -m services.kit.deadletters list                 one line of JSON each
    python -m services.kit.deadletters replay [EVENT...]    those, or all

DEALTRAIL_MIGRATION_URL names the database of the service whose dead letters they are, as the role
that owns it; DEALTRAIL_NATS_URL the broker.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from services.kit import streams
from services.kit.database import Tx
from services.kit.secrets import required
from services.kit.sql import Query
from services.kit.tables import dead_letters

SET_ASIDE = Query(
    insert(dead_letters)
    .values({c.name: bindparam(c.name, type_=c.type) for c in dead_letters.columns if c.server_default is None})
    .on_conflict_do_update(
        index_elements=["tenant_id", "consumer", "event_id"],
        set_={
            "attempts": dead_letters.c.attempts + bindparam("attempts"),
            "error": bindparam("error"),
            "last_failed_at": bindparam("now"),
        },
    )
)
ALL = """SELECT tenant_id, consumer, event_id, headers->>'ce-type' AS type, error, attempts, first_failed_at,
  last_failed_at FROM dead_letters ORDER BY first_failed_at, event_id"""
IDS = "SELECT event_id FROM dead_letters ORDER BY first_failed_at, event_id"
TAKE = "DELETE FROM dead_letters WHERE event_id = $1 RETURNING subject, headers::text AS headers, payload"


async def set_aside(tx: Tx, consumer: str, event_id: UUID, message: Msg, error: Exception, attempts: int) -> None:
    """Keep an event that `consumer` could not apply, or what it could not even read."""
    headers = {_storable(name): _storable(value) for name, value in (message.headers or {}).items()}
    await tx.execute(
        SET_ASIDE,
        consumer=consumer,
        event_id=event_id,
        subject=_storable(message.subject),
        headers=headers,
        payload=message.data,
        error=type(error).__name__,
        attempts=attempts,
    )


def _storable(text: str) -> str:
    """Without what PostgreSQL does not keep: a letter that cannot be stored would come again for ever."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


async def listed(connection: Any) -> list[dict[str, Any]]:
    """All dead letters of a service, oldest first."""
    return [dict(row) for row in await connection.fetch(ALL)]


async def replay(connection: Any, client: Client, events: Iterable[UUID] = ()) -> int:
    """Send dead letters down the road again, all if none is named; how many.

    The consumer meets them as it meets any event; one that fails again is a dead letter again.
    Other services have them in their inbox.
    """
    chosen = list(events) or [row["event_id"] for row in await connection.fetch(IDS)]
    sent = 0
    for event_id in chosen:
        # Deleted before it is sent: the consumer may set it aside again before we commit, and then waits for us.
        async with connection.transaction():
            for letter in await connection.fetch(TAKE, event_id):
                headers = orjson.loads(letter["headers"])
                anew = {name: value for name, value in headers.items() if not name.startswith("Nats-")}
                anew["Nats-Msg-Id"] = f"{event_id}:d{time.time_ns()}"
                await streams.store(client, letter["subject"], letter["payload"], anew)
                sent += 1
    return sent


async def _main(what: str, events: list[UUID]) -> None:
    connection = await asyncpg.connect(required("DEALTRAIL_MIGRATION_URL"))
    try:
        if what == "list":
            for letter in await listed(connection):
                sys.stdout.write(orjson.dumps(letter, default=str).decode() + "\n")
            return
        client = await streams.connect(required("DEALTRAIL_NATS_URL"), "operator")
        sent = await replay(connection, client, events)
        await client.drain()
        sys.stdout.write(f"sent {sent} events again\n")
    finally:
        await connection.close()


def main() -> None:
    """List or replay."""
    parser = argparse.ArgumentParser(prog="python -m services.kit.deadletters", description=__doc__)
    parser.add_argument("what", choices=["list", "replay"])
    parser.add_argument("events", nargs="*", type=UUID)
    given = parser.parse_args()
    asyncio.run(_main(given.what, given.events))


if __name__ == "__main__":
    main()
