"""A partner is taken on, hears every deal of its company as it happens and again at will, and nothing else."""

import asyncio
import json
import os
import sys

import httpx
import nats
import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from tests.people import done, until

CANARY = "金丝雀张三 13912345678 kanarie@example.com"
MONEY = {"amount": "12000.00", "currency": "CNY"}


async def operator(stack, *words):
    """What the operator's command prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli", "ops", "partners", *words),
        env=os.environ | {"DEALTRAIL_HOME": str(stack.home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return said.decode()


class Partner:
    """A system that was handed its credentials."""

    def __init__(self, client, told):
        self._client, self.told = client, told
        self.heard = []

    async def connect(self):
        self.broker = await nats.connect(
            self.told["server"], nkeys_seed_str=self.told["nkeySeed"], inbox_prefix=self.told["inboxPrefix"]
        )
        self.pulling = await self.broker.jetstream().pull_subscribe_bind(self.told["consumer"], stream="deals")

    async def hear(self, count):
        """So many more events, acknowledged."""
        events = []
        async with asyncio.timeout(60):
            while len(events) < count:
                try:
                    for message in await self.pulling.fetch(count - len(events), timeout=1):
                        await message.ack()
                        events.append((message, json.loads(message.data)))
                except TimeoutError:
                    continue
        self.heard += events
        return events

    async def ask(self, path):
        return await self._client.get(path, headers={"authorization": f"Bearer {self.told['apiKey']}"})


@pytest.fixture(scope="module")
async def companies(town):
    return [await town.company(name) for name in ("partnered", "elsewhere")]


@pytest.fixture(scope="module")
async def partners(stack, town, companies):
    found = []
    for company in companies:
        told = json.loads(await operator(stack, "onboard", company.tenant, "acme"))
        found.append(Partner(town.client, told))
        await found[-1].connect()
    yield found
    for one in found:
        await one.broker.close()


@pytest.fixture(scope="module")
async def deals(companies, partners):
    """A deal that goes the whole road, with a person's data wherever somebody can type; and one elsewhere."""
    rep = companies[0].rep
    typed = {"name": CANARY, "product": CANARY, "attributes": {"note": CANARY}, "amount": MONEY}
    deal = await rep.post("/v1/deals", typed)
    path = f"/v1/deals/{deal['id']}"
    await rep.post(f"{path}:advance", {"why": CANARY})
    await rep.post(f"{path}:regress", {"stage": deal["stage"], "why": CANARY})
    await rep.post(f"{path}:triage", {"value": "VALUABLE", "grade": "BIG", "quantity": 7, "why": CANARY})
    await rep.post(f"{path}:share", {"collaborators": [companies[0].colleague.id]})
    deal = await rep.post(f"{path}:win", {"amount": {"amount": "11000.00", "currency": "CNY"}})
    other = await companies[1].rep.post("/v1/deals", {"name": "another company's"})
    await partners[0].hear(6)
    await partners[1].hear(1)
    return deal, other


async def test_every_step_is_heard_once_and_in_order(partners, deals):
    kinds = [event["type"].removeprefix("deals.v1.") for _, event in partners[0].heard]
    assert kinds[0] == "opened"
    assert kinds == ["opened", "advanced", "regressed", "triaged", "forecastChanged", "won"]
    versions = [event["data"]["deal"]["version"] for _, event in partners[0].heard]
    assert versions == sorted(versions)
    assert versions == [event["aggregateversion"] for _, event in partners[0].heard]
    ids = [event["id"] for _, event in partners[0].heard]
    assert len(set(ids)) == len(ids)
    assert ids == [message.headers["ce-id"] for message, _ in partners[0].heard]


async def test_every_event_is_as_the_document_says(town, partners, deals):
    document = (await town.client.get("/asyncapi.json")).json()
    for message, event in partners[0].heard:
        name = message.subject.rpartition(".")[2]
        assert message.subject == f"deals.v1.{event['tenantid']}.{name}"
        schema = document["components"]["messages"][name]["payload"] | {"components": document["components"]}
        checker = OAS31Validator(schema, format_checker=oas31_format_checker)
        assert [error.message for error in checker.iter_errors(event)] == []


async def test_nothing_that_somebody_typed_is_told(partners, deals):
    snapshot = (await partners[0].ask("/v1/feed/deals")).text
    told = "".join(str(message.headers) + message.data.decode() for message, _ in partners[0].heard) + snapshot
    assert deals[0]["id"] in told
    for part in (*CANARY.split(), deals[0]["ownerId"]):
        assert part not in told
        assert json.dumps(part)[1:-1] not in told


async def test_a_partner_of_another_company_hears_and_reads_its_own_alone(partners, deals):
    mine, theirs = deals
    [(message, event)] = partners[1].heard
    assert event["subject"] == theirs["id"]
    assert mine["id"] not in message.data.decode()
    assert [deal["id"] for deal in done(await partners[1].ask("/v1/feed/deals"))["deals"]] == [theirs["id"]]
    assert [deal["id"] for deal in done(await partners[0].ask("/v1/feed/deals"))["deals"]] == [mine["id"]]
    with pytest.raises(TimeoutError):
        await partners[1].pulling.fetch(1, timeout=0.5)


async def test_the_snapshot_says_what_the_last_event_said(partners, deals):
    [deal] = done(await partners[0].ask("/v1/feed/deals"))["deals"]
    last = partners[0].heard[-1][1]["data"]["deal"]
    assert deal == last
    assert (deal["state"], deal["amount"]["amount"]) == ("WON", "11000.00")
    later = httpx.QueryParams({"changedSince": "2100-01-01T00:00:00Z"})
    assert done(await partners[0].ask(f"/v1/feed/deals?{later}"))["deals"] == []


async def test_all_is_heard_again_when_the_partner_asks_for_it(partners, deals):
    before = [event["id"] for _, event in partners[0].heard]
    subject = f"$JS.API.CONSUMER.RESET.deals.{partners[0].told['consumer']}"
    await partners[0].broker.request(subject, b'{"seq":1}', timeout=20)
    assert [event["id"] for _, event in await partners[0].hear(len(before))] == before


async def test_an_api_key_opens_the_snapshot_and_nothing_else(partners, companies, deals):
    for path in (f"/v1/deals/{deals[0]['id']}", "/v1/deals", "/v1/leads", "/v1/users", "/v1/live"):
        assert (await partners[0].ask(path)).json()["reason"] == "ROLE_NOT_ALLOWED", path
    for person in companies[0].by_role.values():
        allowed = person is companies[0].partner
        assert ((await person.ask("GET", "/v1/feed/deals")).status_code == 200) == allowed


async def test_a_partner_that_is_removed_hears_and_reads_nothing_more(stack, partners, companies, deals):
    await operator(stack, "remove", companies[0].tenant, "acme")

    async def refused():
        return (await partners[0].ask("/v1/feed/deals")).status_code == 401

    await until(refused, 5)
    with pytest.raises(nats.errors.Error):
        await nats.connect(
            partners[0].told["server"], nkeys_seed_str=partners[0].told["nkeySeed"], allow_reconnect=False
        )
    assert done(await partners[1].ask("/v1/feed/deals"))["deals"]
    assert f'"{companies[1].tenant}"' in await operator(stack, "list")
