"""The alerts that take many requests or events are caused on real processes, seen by a real Prometheus, and ended.

As its sibling, not part of `make test`: `make alerts` runs it.
"""

import asyncio
import signal
from http import HTTPStatus
from itertools import count

import pytest

from tests.e2e.alarms import Seen, asking, doing, door, held_reader, kept_down, looking, session, until_ready

pytestmark = pytest.mark.slow

READERS = 500
REQUESTS, FAILURES, SLOW = 1000, 4, 40
"""0.4 % failures and 4 % slow answers: below six times what the month allows, above once."""
AT_MOST = 30_000


@pytest.fixture(scope="module")
def seen(stack, tmp_path_factory):
    with looking(stack, tmp_path_factory.mktemp("prometheus")) as prometheus:
        yield Seen(prometheus)


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("load")


async def ask(client, times):
    """So many requests that are answered well and soon."""

    async def some():
        for _ in range(times // 4):
            (await client.get("/v1/me")).raise_for_status()

    await asyncio.gather(*(some() for _ in range(4)))


async def fail(stack, client, times):
    """So many requests that fail."""
    async with kept_down(stack, "leads"):
        while times:
            answer = await client.get("/v1/leads")
            times -= answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    await until_ready(stack)


async def wait(stack, client, times):
    """So many requests that are answered after a second."""
    async with session(stack, "leads") as holder, holder.transaction():
        await holder.execute("LOCK TABLE leads IN ACCESS EXCLUSIVE MODE")
        asked = [asyncio.create_task(client.get("/v1/leads")) for _ in range(times)]
        await asyncio.sleep(1)
    for answer in await asyncio.gather(*asked):
        answer.raise_for_status()


async def test_a_few_failures_and_slow_answers_among_many_requests_burn_the_budgets_slowly(stack, company, seen):
    async with door(stack, company.boss, SLOW) as client:
        await ask(client, REQUESTS // 2)
        # What Prometheus sees for the first time is no increase.
        await wait(stack, client, 1)
        await fail(stack, client, 1)
        await asyncio.sleep(2)
        await fail(stack, client, FAILURES)
        await wait(stack, client, SLOW)
        await ask(client, REQUESTS // 2)
        await seen.fire("DealtrailErrorsBurnSlowly", "DealtrailSlownessBurnsSlowly")
        assert not {"DealtrailErrorsBurnFast", "DealtrailSlownessBurnsFast"} & (await seen.now()).keys()
        for _ in range(AT_MOST // REQUESTS):
            await ask(client, REQUESTS)
            if not {"DealtrailErrorsBurnSlowly", "DealtrailSlownessBurnsSlowly"} & (await seen.now()).keys():
                break
        await seen.end("DealtrailErrorsBurnSlowly", "DealtrailSlownessBurnsSlowly")


async def test_a_projection_that_reads_less_than_is_imported_falls_behind(stack, company, seen):
    numbers = count()

    async def bring_in(leads):
        rows = [{"company": f"导入科技 {next(numbers)}", "channel": "展会"} for _ in range(leads)]
        await company.boss.post("/v1/leads:batchCreate", {"leads": rows})

    async def bring_in_more():
        while True:
            await bring_in(100)
            await asyncio.sleep(0.5)

    async with held_reader(stack):
        await bring_in(1000)
        await bring_in(500)
        async with doing(bring_in_more()):
            await seen.fire("DealtrailConsumerFallsBehind")
    await seen.end("DealtrailConsumerFallsBehind")


async def test_more_readers_than_there_are_places_fill_the_queue(stack, company, seen):
    # Not by a lock: a service whose connections all wait says that it is not well, and is asked no more.
    async with asking(stack, company.boss, ["/v1/leads"], READERS):
        stack.signal("leads", signal.SIGSTOP)
        try:
            await seen.fire("DealtrailQueueFull")
        finally:
            stack.signal("leads", signal.SIGCONT)
    await seen.end("DealtrailQueueFull")
    await until_ready(stack)
