"""A gateway that dies in the midst of an erasure leaves it to the next, which ends it as if nothing had been."""

import json

import asyncpg

from deploy.local.layout import GATEWAY
from tests.e2e.canaries import Canary, captured, erased, imported, in_databases, retained
from tests.people import until

BACK = "UPDATE erasures SET state = 'APPROVED', end_time = NULL, steps = $2, effects = $3 WHERE id = $1"
QUEUE = """INSERT INTO erasure_queue (tenant_id, id, not_before) SELECT tenant_id, id, now() FROM erasures WHERE id = $1
ON CONFLICT (tenant_id, id) DO UPDATE SET not_before = now()"""


async def forget_that_leads_have_erased(stack, erasure):
    """What a crash leaves after the last service erased and before anybody wrote it down."""
    before = [one for one in erasure["effects"] if not one["kind"].startswith("leads.")]
    kept = [{name: one.get(name) for name in ("kind", "outcome", "count", "reason", "until", "ids")} for one in before]
    gateway = await asyncpg.connect(stack.superuser(GATEWAY))
    try:
        steps = json.dumps(["contracts", "opportunities", "timeline", "imports"])
        await gateway.execute(BACK, erasure["id"], steps, json.dumps(kept))
        await gateway.execute(QUEUE, erasure["id"])
    finally:
        await gateway.close()


async def test_a_step_that_was_done_and_not_written_down_stands_whole_in_the_certificate(stack, town):
    company = await town.company("voliere")
    canary = Canary()
    lead, _ = await captured(company, canary, "鹦鹉机电")
    await imported(company, canary)
    amount = {"amount": "1000.00", "currency": "CNY"}
    await company.rep.post(f"/v1/deals/{lead['dealId']}:win", {"amount": amount})
    plan = [{"label": "全款", "trigger": "SIGN", "amount": amount}]
    drafted = await company.rep.post("/v1/contracts", {"dealId": lead["dealId"], "instalments": plan})
    await company.rep.post(f"/v1/contracts/{drafted['id']}:sign")
    _, erasure = await erased(company, canary)
    held = await retained(stack, lead["contactId"])
    await forget_that_leads_have_erased(stack, erasure)

    async def done():
        found = await company.boss.get(f"/v1/erasures/{erasure['id']}")
        return found if found["state"] == "DONE" else None

    again = await until(done, 30)
    assert again["effects"] == erasure["effects"]
    assert again["holdUntil"] == erasure["holdUntil"]
    assert await retained(stack, lead["contactId"]) == held
    assert await in_databases(stack, canary) == set()
