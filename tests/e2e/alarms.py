"""What makes alerts go off on real processes, and sees them go off and end: for `make alerts`."""

import asyncio
import signal
import time
from contextlib import asynccontextmanager, contextmanager, suppress

import asyncpg
import httpx
import pytest

from deploy.local.debian import NotToBeHad
from deploy.local.watch.prometheus import watching
from tests.people import until

HURRY = 60
"""A minute of the rules takes a second."""
PATIENCE_S = 60
PROCESSES = 6


@contextmanager
def looking(stack, folder):
    """A Prometheus that has looked at every process twice: what was counted before the first look is no increase."""
    try:
        with watching(stack.home, folder, HURRY) as found:
            while len(found.query("count_over_time(dealtrail_process_info[10s]) > 2")) < PROCESSES:
                time.sleep(0.1)
            yield found
    except NotToBeHad as reason:
        pytest.skip(str(reason))


class Seen:
    """Which alerts have fired, and wait until one does or no longer does."""

    def __init__(self, prometheus):
        self._prometheus = prometheus

    async def fire(self, *names):
        """All of these fire at the same time."""

        async def firing():
            now = await self.now()
            return all(now.get(name) == "firing" for name in names)

        await until(firing, PATIENCE_S)

    async def end(self, *names):
        """None of these is left, not even waiting."""

        async def over():
            return not (await self.now()).keys() & set(names)

        await until(over, PATIENCE_S)

    async def now(self):
        """Every alert that is pending or firing, by name."""
        return await asyncio.to_thread(self._prometheus.alerts)


def door(stack, person, at_once=1):
    """A client that knocks as this person."""
    headers = {"authorization": f"Bearer {person.token}"}
    bounds = httpx.Limits(max_connections=at_once)
    return httpx.AsyncClient(base_url=stack.url, headers=headers, trust_env=False, timeout=30, limits=bounds)


@asynccontextmanager
async def doing(*work):
    """These go on in the meantime, for ever."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def asking(stack, person, paths, at_once=1):
    """People who ask all the time, whatever they are told."""
    async with door(stack, person, at_once) as client:

        async def ask(path):
            while True:
                with suppress(httpx.TransportError):
                    await client.get(path)
                await asyncio.sleep(0.1)

        async with doing(*(ask(paths[number % len(paths)]) for number in range(at_once))):
            yield


@asynccontextmanager
async def kept_down(stack, name):
    """The process is killed whenever it comes back."""

    async def kill():
        while True:
            with suppress(AssertionError, ProcessLookupError):
                stack.signal(name, signal.SIGKILL)
            await asyncio.sleep(0.05)

    async with doing(kill()):
        yield


@asynccontextmanager
async def session(stack, service):
    """A session on a service's database as the superuser."""
    connection = await asyncpg.connect(stack.superuser(service))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def held(stack, service, lock):
    """Somebody else holds an advisory lock of a service's; whoever had it has lost its session."""
    async with session(stack, service) as holder, session(stack, service) as other:
        pid = await holder.fetchval("SELECT pg_backend_pid()")
        taking = asyncio.create_task(holder.execute("SELECT pg_advisory_lock(hashtext($1))", lock))

        async def taken():
            await other.execute("SELECT pg_terminate_backend(unnest(pg_blocking_pids($1)))", pid)
            return taking.done()

        await until(taken)
        yield


@asynccontextmanager
async def held_reader(stack):
    """Timeline does not read the events of leads: somebody else holds its lock."""
    said = len(stack.log.read_text())
    async with held(stack, "timeline", "dealtrail.consumer.timeline.leads"):

        async def noticed():
            return "readers lost their database" in stack.log.read_text()[said:]

        # Until it finds its lock gone it reads on.
        await until(noticed)
        yield


async def until_ready(stack):
    """All of it serves again."""

    async def ready():
        return await asyncio.to_thread(stack.ready)

    await until(ready, PATIENCE_S)
