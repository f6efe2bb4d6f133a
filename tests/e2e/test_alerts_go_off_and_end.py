"""Every alert is caused on real processes, seen by a real Prometheus with the chart's rules, and ended again.

A minute of the rules takes a second here. What takes days is in the rule tests; this takes some
minutes all the same, so it is not part of `make test`: `make alerts` runs it.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, suppress

import asyncpg
import httpx
import nats
import pytest

from deploy.local.debian import NotToBeHad
from deploy.local.watch.prometheus import TEXTFILES, watching
from tests.people import until

pytestmark = pytest.mark.slow

HURRY = 60
PATIENCE_S = 60
PROCESSES = 6
READERS = 450
DAY_S = 86_400


@pytest.fixture(scope="module")
def prometheus(stack, tmp_path_factory):
    try:
        with watching(stack.home, tmp_path_factory.mktemp("prometheus"), HURRY) as found:
            # What was counted before the first look is no increase.
            while len(found.query("count_over_time(dealtrail_process_info[10s]) > 2")) < PROCESSES:
                time.sleep(0.1)
            yield found
    except NotToBeHad as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("alarm")


class Seen:
    """Which alerts have fired, and wait until one does or no longer does."""

    def __init__(self, prometheus):
        self._prometheus = prometheus

    async def fire(self, *names):
        """All of these fire at the same time."""

        async def firing():
            now = await asyncio.to_thread(self._prometheus.alerts)
            return all(now.get(name) == "firing" for name in names)

        await until(firing, PATIENCE_S)

    async def end(self, *names):
        """None of these is left, not even waiting."""

        async def over():
            return not (await asyncio.to_thread(self._prometheus.alerts)).keys() & set(names)

        await until(over, PATIENCE_S)


@pytest.fixture
def seen(prometheus):
    return Seen(prometheus)


@asynccontextmanager
async def asking(stack, person, paths, at_once=1):
    """People who ask all the time, whatever they are told."""
    headers = {"authorization": f"Bearer {person.token}"}
    bounds = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(
        base_url=stack.url, headers=headers, trust_env=False, timeout=30, limits=bounds
    ) as door:

        async def ask(number):
            while True:
                with suppress(httpx.TransportError):
                    await door.get(paths[number % len(paths)])
                await asyncio.sleep(0.1)

        work = [asyncio.create_task(ask(number)) for number in range(at_once)]
        try:
            yield
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)


@asynccontextmanager
async def kept_down(stack, name):
    """The process is killed whenever it comes back."""

    async def kill():
        while True:
            with suppress(AssertionError, ProcessLookupError):
                stack.signal(name, signal.SIGKILL)
            await asyncio.sleep(0.05)

    work = asyncio.create_task(kill())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait([work])


@asynccontextmanager
async def session(stack, service):
    """A session on a service's database as the superuser."""
    connection = await asyncpg.connect(stack.superuser(service))
    try:
        yield connection
    finally:
        await connection.close()


async def test_what_is_no_event_is_a_dead_letter(stack, company, seen):
    client = await nats.connect(stack.nats())
    await client.jetstream().publish("dealtrail.leads.v1.LeadQualified.x.y", b"no event")
    await client.close()
    await seen.fire("DealtrailDeadLetters")


async def test_a_consumer_whose_lock_another_holds_stands_still(stack, company, seen):
    async with session(stack, "timeline") as holder, session(stack, "timeline") as other:
        pid = await holder.fetchval("SELECT pg_backend_pid()")
        taking = asyncio.create_task(
            holder.execute("SELECT pg_advisory_lock(hashtext('dealtrail.consumer.timeline.leads'))")
        )

        async def taken():
            await other.execute("SELECT pg_terminate_backend(unnest(pg_blocking_pids($1)))", pid)
            return taking.done()

        said = len(stack.log.read_text())
        await until(taken)

        async def noticed():
            return "consumer lost its database" in stack.log.read_text()[said:]

        # Until it finds its lock gone it reads on.
        await until(noticed)
        await company.boss.post("/v1/leads", {"company": "警报科技"})
        await seen.fire("DealtrailConsumerStandsStill")
    await seen.end("DealtrailConsumerStandsStill")


async def test_a_service_that_falls_again_and_again_burns_the_budget(stack, company, seen):
    async with asking(stack, company.boss, ["/v1/leads", "/v1/me"], 4):
        await asyncio.sleep(1)
        async with kept_down(stack, "leads"):
            await seen.fire("DealtrailErrorsBurnFast", "DealtrailProcessMissing", "DealtrailProcessDown")
        await seen.end("DealtrailErrorsBurnFast", "DealtrailProcessMissing", "DealtrailProcessDown")
    await until_ready(stack)


async def test_a_broker_that_is_gone_keeps_events_waiting(stack, company, seen):
    async with kept_down(stack, "nats"):
        await company.boss.post("/v1/leads", {"company": "等待科技"})
        await seen.fire("DealtrailOutboxWaits", "DealtrailNatsAway")
    await seen.end("DealtrailOutboxWaits", "DealtrailNatsAway")


async def test_a_table_that_somebody_holds_fills_the_pool_and_makes_all_slow(stack, company, seen):
    async with session(stack, "leads") as holder, holder.transaction():
        await holder.execute("LOCK TABLE leads IN ACCESS EXCLUSIVE MODE")
        async with asking(stack, company.boss, ["/v1/leads"], READERS):
            await seen.fire("DealtrailSlownessBurnsFast")
            await seen.fire("DealtrailPoolFull")
            await seen.fire("DealtrailPoolExhausted")
    async with asking(stack, company.boss, ["/v1/leads"], 2):
        await seen.end("DealtrailPoolExhausted", "DealtrailPoolFull")
        await seen.end("DealtrailSlownessBurnsFast")


async def reconcile(stack, tenant_id, *words):
    """Compare with the owners, and leave the figures where Prometheus finds them."""
    command = [sys.executable, "-m", "gateway.cli", "ops", "reconcile", "--tenant", tenant_id, "--patience", "1"]
    command += ["--metrics", str(stack.home / TEXTFILES / "reconciliation.prom"), *words]
    told = os.environ | {"DEALTRAIL_HOME": str(stack.home)}
    return await asyncio.to_thread(subprocess.run, command, env=told, capture_output=True, text=True, check=False)


async def test_what_differs_from_its_owner_is_told_until_it_is_repaired(stack, company, seen):
    tenant = (await company.boss.get("/v1/me"))["tenantId"]
    deal = await company.boss.post("/v1/deals", {"name": "差异项目"})

    async def projected():
        async with session(stack, "analytics") as there:
            return await there.fetchval(
                "UPDATE deals SET stage = 'CONTACT', version = 0 WHERE id = $1 RETURNING id", deal["id"]
            )

    await until(projected)
    found = await reconcile(stack, tenant)
    assert found.returncode == 1, found.stdout + found.stderr
    await seen.fire("DealtrailProjectionMismatch")
    await reconcile(stack, tenant, "--repair")
    await reconcile(stack, tenant)
    await seen.end("DealtrailProjectionMismatch")


async def test_a_reconciliation_that_does_not_run_is_overdue(stack, company, seen):
    file = stack.home / TEXTFILES / "reconciliation.prom"
    file.write_text(f"dealtrail_reconciliation_last_run_timestamp_seconds {time.time() - 3 * DAY_S:.0f}\n")
    await seen.fire("DealtrailReconciliationOverdue")
    await reconcile(stack, (await company.boss.get("/v1/me"))["tenantId"])
    await seen.end("DealtrailReconciliationOverdue")


async def test_the_dead_letter_is_forgotten_when_nothing_follows_it(seen):
    await seen.end("DealtrailDeadLetters")


async def until_ready(stack):
    async def ready():
        return await asyncio.to_thread(stack.ready)

    await until(ready, PATIENCE_S)
