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

import nats
import pytest

from deploy.local.watch.prometheus import TEXTFILES
from tests.e2e.alarms import Seen, asking, held, held_reader, kept_down, looking, session, until_ready
from tests.people import until

pytestmark = pytest.mark.slow

READERS = 450
DAY_S = 86_400


@pytest.fixture(scope="module")
def seen(stack, tmp_path_factory):
    with looking(stack, tmp_path_factory.mktemp("prometheus")) as prometheus:
        yield Seen(prometheus)


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("alarm")


async def test_what_is_no_event_is_a_dead_letter(stack, company, seen):
    client = await nats.connect(stack.nats())
    await client.jetstream().publish("dealtrail.leads.v1.LeadQualified.x.y", b"no event")
    await client.close()
    await seen.fire("DealtrailDeadLetters")


async def test_a_consumer_whose_lock_another_holds_stands_still(stack, company, seen):
    async with held_reader(stack):
        await company.boss.post("/v1/leads", {"company": "警报科技"})
        await seen.fire("DealtrailConsumerStandsStill")
    await seen.end("DealtrailConsumerStandsStill")


async def test_work_that_recurs_stalls_while_nobody_can_lead(stack, company, seen):
    async with held(stack, "leads", "dealtrail.periodic"):
        # A process that begins has not done it yet.
        stack.signal("leads", signal.SIGKILL)
        await seen.fire("DealtrailPeriodicWorkStalls")
    await seen.end("DealtrailPeriodicWorkStalls")
    await until_ready(stack)


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


async def test_somebody_who_reveals_far_more_than_usual_is_told_of(company, seen):
    lead = await company.rep.post("/v1/leads", {"company": "红松", "phone": "13912345678"})
    for _ in range(31):
        await company.rep.post(f"/v1/leads/{lead['id']}:reveal", {"purpose": "核对号码"})
    await seen.fire("DealtrailUnusualDisclosures")
    await seen.end("DealtrailUnusualDisclosures")


async def test_the_dead_letter_is_forgotten_when_nothing_follows_it(seen):
    await seen.end("DealtrailDeadLetters")
