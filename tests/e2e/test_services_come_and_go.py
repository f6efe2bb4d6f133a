"""Every process is killed in turn while people work: what was acknowledged stands, once, and is told everywhere."""

import asyncio
import signal
import time
from functools import partial
from itertools import count
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.people import done, until

SERVICES = ("leads", "opportunities", "contracts", "timeline", "analytics")
ROUNDS = (("leads", "timeline"), ("opportunities", "analytics"), ("contracts", "gateway"), ("nats",))
"""Who is killed together."""
WRITERS = 4
BACK_S = 120
"""Much longer than a service needs to come back on an idle machine."""


class Writer:
    """Works without pause; keeps in mind what was acknowledged."""

    numbers = count()

    def __init__(self, person):
        self._person = person
        self.leads = {}
        self.retries = 0

    async def work(self, stop):
        """A lead, judged; a deal; a touchpoint: until told to stop, and to the end of what was begun."""
        while not stop.is_set():
            number = next(self.numbers)
            lead = await self.insist("/v1/leads", {"company": f"昙花科技 {number}", "channel": "线下"})
            self.leads[lead["id"]] = lead["company"]
            await self.insist(f"/v1/leads/{lead['id']}:qualify", {"score": 50})
            await self.insist("/v1/deals", {"name": f"昙花项目 {number}", "leadId": lead["id"]})
            call = {"leadId": lead["id"], "kind": "PHONE", "occurredTime": lead["createTime"]}
            await self.insist("/v1/touchpoints", call)
            await asyncio.sleep(0.05)

    async def insist(self, path, body):
        """Send it with one key until the answer is definite."""
        key, end = str(uuid4()), time.monotonic() + 180
        while True:
            try:
                answer = await self._person.ask("POST", path, body, idempotency_key=key)
            except httpx.TransportError:
                answer = None
            if answer is not None and not _ambiguous(answer):
                return done(answer)
            assert time.monotonic() < end, answer and answer.text
            self.retries += 1
            await asyncio.sleep(0.1)


def _ambiguous(answer):
    """Whether the same request may still have an effect, or none yet."""
    in_flight = answer.status_code == 409 and answer.json()["reason"] == "COMMAND_IN_FLIGHT"
    return in_flight or answer.status_code in (503, 504)


async def kill(stack, name):
    """Kill a process and see it come back as another."""
    pid = stack.signal(name, signal.SIGKILL)

    async def another():
        return stack.pid(name) not in (0, pid)

    await until(another, BACK_S)


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


@pytest.fixture(scope="module")
async def aftermath(stack, company):
    """The writers, after everything was killed while they worked."""
    writers = [Writer(company.rep) for _ in range(WRITERS)]
    stop = asyncio.Event()
    work = [asyncio.create_task(writer.work(stop)) for writer in writers]
    for names in ROUNDS:
        await asyncio.sleep(0.5)  # some work between one death and the next
        await asyncio.gather(*(kill(stack, name) for name in names))

        async def ready():
            return await asyncio.to_thread(stack.ready)

        await until(ready, BACK_S)
    stop.set()
    await asyncio.gather(*work)
    return writers


async def everything(person, path, name):
    """All pages of a list."""
    found, token = [], ""
    while True:
        page = await person.get(path, pageSize=200, pageToken=token)
        found += page[name]
        if not (token := page["nextPageToken"]):
            return found


async def test_nothing_acknowledged_is_lost_and_nothing_doubled(company, aftermath):
    told = {id: company_name for writer in aftermath for id, company_name in writer.leads.items()}
    assert len(told) > 10
    assert sum(writer.retries for writer in aftermath) > 0, "nobody noticed that anything was killed"

    async def touched():
        found = await everything(company.rep, "/v1/leads", "leads")
        return found if all(lead["stage"] == "NURTURED" for lead in found) else None

    leads = await until(touched, BACK_S)
    assert {lead["id"]: lead["company"] for lead in leads} == told
    assert {(lead["status"], lead["version"]) for lead in leads} == {("QUALIFIED", "3")}  # recorded, judged, touched
    deals = await everything(company.rep, "/v1/deals", "deals")
    assert sorted(deal["leadId"] for deal in deals) == sorted(told)


async def test_everything_is_projected_in_the_end_and_once(stack, company, aftermath):
    leads = [id for writer in aftermath for id in writer.leads]

    async def counted():
        total = (await company.rep.get("/v1/analytics/channels"))["total"]
        funnel = await company.rep.get("/v1/analytics/funnel")
        return total["leads"] == total["qualified"] == funnel["flow"]["openTo"] == len(leads)

    async def told():
        rows = await timeline.fetch("SELECT kind, count(*) FROM entries WHERE tenant_id = $1 GROUP BY kind", tenant)
        return dict(rows) if sum(number for _, number in rows) >= 4 * len(leads) else None

    await until(counted)
    timeline = await asyncpg.connect(stack.superuser("timeline"))
    tenant = (await company.rep.get("/v1/me"))["tenantId"]
    once = dict.fromkeys(("DEAL_OPENED", "LEAD_CAPTURED", "LEAD_QUALIFIED", "PHONE"), len(leads))
    assert await until(told) == once
    await timeline.close()
    for id in leads[:20]:
        entries = (await company.rep.get(f"/v1/leads/{id}/timeline"))["entries"]
        assert sorted(entry["kind"] for entry in entries) == ["LEAD_CAPTURED", "LEAD_QUALIFIED", "PHONE"]


async def test_no_event_was_set_aside_and_none_waits(stack, aftermath):
    for name in (*SERVICES, "gateway"):
        connection = await asyncpg.connect(stack.superuser(name))
        assert await connection.fetch("SELECT DISTINCT headers ->> 'ce-type', error FROM dead_letters") == [], name
        await until(partial(everything_published, connection))
        await connection.close()


async def everything_published(connection):
    return not await connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")


def test_the_supervisor_said_who_fell(stack, aftermath):
    said = stack.log.read_text()
    for name in (*SERVICES, "gateway", "nats"):
        assert any(name in line and "ended with signal SIGKILL" in line for line in said.splitlines()), name
