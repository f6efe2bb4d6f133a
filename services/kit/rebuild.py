"""Projections are dropped and built anew from events: what every service's `python -m services.<name>.rebuild` does.

It may be done while the service runs. Tables and inbox are emptied together; the durable consumer
is made anew and begins with the oldest event; an event that comes in between stands in the inbox
when it comes again. DEALTRAIL_MIGRATION_URL names the service's database, as the role that owns
it; DEALTRAIL_NATS_URL the broker. Streams keep events for a fortnight: see services/kit/republish.py.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from nats.aio.client import Client
from nats.js.errors import NotFoundError
from sqlalchemy import Table

from services.kit import partitions, streams
from services.kit.events import Subscriptions
from services.kit.secrets import required
from services.kit.tables import dead_letters, inbox

SETTLE_S = 0.5
PATIENCE = "SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '10min'"


@dataclass(frozen=True)
class Source:
    """A stream that the projection is built from."""

    stream: str
    events: int
    """How many it holds."""
    whole: bool
    """False if its oldest events are gone: their owner must republish them."""


async def rebuild(
    owner: Any, client: Client, subscriptions: Subscriptions, tables: Iterable[Table], tenant_id: UUID | None = None
) -> list[Source]:
    """Empty the tables, for one tenant or for all, and let the service read its events from the beginning.

    `owner` is a connection as the role that owns the tables.
    """
    names = [table.name for table in (*tables, inbox, dead_letters)]
    async with owner.transaction():
        await owner.execute(PATIENCE)
        if tenant_id is None:
            await owner.execute(f"TRUNCATE {', '.join(names)}")
        else:
            await owner.execute(f"SET LOCAL app.tenant = '{tenant_id}'")
            for name in names:
                await owner.execute(f"DELETE FROM {name} WHERE tenant_id = $1", tenant_id)  # noqa: S608 - our own names
    return [await _read_anew(client, subscriptions, stream) for stream in subscriptions.streams()]


async def _read_anew(client: Client, subscriptions: Subscriptions, stream: str) -> Source:
    """Let its readers, or those that will be, begin with the oldest event."""
    await streams.ensure_stream(client, stream)
    js = client.jetstream()
    names = partitions.known(subscriptions.name)
    for name in names:
        with suppress(NotFoundError):
            await js.delete_consumer(stream, name)
    # A reader that found its durable gone may have begun where one stood that has been deleted since.
    await asyncio.sleep(SETTLE_S)
    for name in names:
        with suppress(NotFoundError):
            if (await js.consumer_info(stream, name)).config.opt_start_seq:
                await js.delete_consumer(stream, name)
    state = (await js.stream_info(stream)).state
    return Source(stream, state.messages, state.first_seq <= 1)


async def _main(subscriptions: Subscriptions, tables: Iterable[Table], tenant_id: UUID | None) -> None:
    owner = await asyncpg.connect(required("DEALTRAIL_MIGRATION_URL"))
    client = await streams.connect(required("DEALTRAIL_NATS_URL"), "operator")
    try:
        for source in await rebuild(owner, client, subscriptions, tables, tenant_id):
            sys.stdout.write(f"{source.stream}: {source.events} events to read\n")
            if not source.whole:
                sys.stdout.write(f"{source.stream}: older events are gone from the stream: republish them\n")
    finally:
        await client.drain()
        await owner.close()


def main(subscriptions: Subscriptions, *tables: Table) -> None:
    """Rebuild the projection that these tables hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenant", type=UUID, help="rebuild this tenant's rows only")
    asyncio.run(_main(subscriptions, tables, parser.parse_args().tenant))
