"""Whether all that was done in a running Dealtrail has arrived wherever it is followed: after that nothing changes."""

import asyncpg
import nats

from deploy.local.layout import GATEWAY, services
from tests.people import until
from tests.stack import Stack

WAITING = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


async def quiet(stack: Stack) -> None:
    """Wait until no event waits in an outbox, and none before a service that follows it."""

    async def arrived() -> bool:
        return not (await _unpublished(stack) or await _unapplied(stack))

    await until(arrived)


async def _unpublished(stack: Stack) -> int:
    waiting = 0
    for name in (*services(), GATEWAY):
        connection = await asyncpg.connect(stack.superuser(name))
        try:
            waiting += await connection.fetchval(WAITING)
        finally:
            await connection.close()
    return waiting


async def _unapplied(stack: Stack) -> int:
    async with await nats.connect(stack.nats()) as client:
        js = client.jetstream()
        streams = [one.config.name for one in await js.streams_info()]
        consumers = [one for name in streams if name for one in await js.consumers_info(name)]
    followed = [one for one in consumers if (one.name or "").partition("_")[0] in services()]
    return sum((one.num_pending or 0) + (one.num_ack_pending or 0) for one in followed)
