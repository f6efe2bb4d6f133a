"""由此路径产生的销售线索只有该销售人员可以管理跟进: whatever anybody else asks for, the lead is not there.

Every route of the OpenAPI document is tried with its id and its words, by a colleague, the manager and the boss: the
manager and the boss see all else that the rep has.
"""

import asyncio
from contextlib import AsyncExitStack
from itertools import chain
from uuid import uuid4

import pytest

from tests.e2e.test_nobody_sees_anothers_rows import heard
from tests.people import until
from tests.quiet import quiet
from tests.sweeps.operations import operations
from tests.sweeps.sight import Intruder, Sweep
from tests.sweeps.world import World, seen

MARK = "独家云杉"
BY_LAW = {
    "findPersons": "people whose data is held have rights to it, whoever works them; only ids are answered",
    "requestErasure": "the same; it names no lead's data",
    "createPersonalExport": "the same; it is audited, with its purpose",
}
"""Routes by which a boss reaches the person, not the lead."""
OVERRIDE = "overrideExclusivity"


class FromALink(World):
    """A rep whose leads all come by the rep's own link."""

    async def _lead(self):
        link = await self.person.get(f"/v1/links/{await self.own('link')}")
        phone = f"13{uuid4().int % 10**9:09d}"
        form = {"company": f"{self.mark} {uuid4().hex[:6]}", "person": self.mark, "phone": phone, "consent": "yes"}
        answer = await self.person._client.post(f"/f/{self.person.tenant}/{link['token']}", data=form)
        assert answer.status_code == 200, answer.text
        return (await self.person.get("/v1/leads", pageSize=1))["leads"][0]["id"]

    async def _form(self):
        fields = [
            {"name": "company", "kind": "COMPANY", "label": "公司"},
            {"name": "person", "kind": "NAME", "label": "姓名"},
            {"name": "phone", "kind": "PHONE", "label": "手机", "required": True},
        ]
        told = {"title": "form", "campaignId": await self.own("campaign"), "fields": fields, "consentText": "同意"}
        form = await self._made("/v1/forms", told, self._boss)
        await self._boss.post(f"/v1/forms/{form}:publish")
        return form


@pytest.fixture(scope="module")
async def routes(town):
    return [one for one in operations(await town.person().get("/openapi.json")) if one.id not in {*BY_LAW, OVERRIDE}]


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("dujia")


@pytest.fixture(scope="module")
async def victim(company):
    """A rep with two exclusive leads, a note on one, and nothing else that is hidden."""
    world = FromALink(company.rep, company.boss, MARK)
    await world.own("duplicate lead")
    lead = await world.own("lead")
    note = {"leadId": lead, "kind": "PHONE", "occurredTime": "2026-01-05T08:00:00Z", "note": MARK}
    await company.rep.post("/v1/touchpoints", note)

    async def told():
        entries = (await company.rep.get(f"/v1/leads/{lead}/timeline"))["entries"]
        rows = (await company.rep.get("/v1/analytics/rows", number="LEADS"))["rows"]
        nurtured = (await company.rep.get(f"/v1/leads/{lead}"))["stage"] == "NURTURED"
        return len(entries) >= 2 and rows and nurtured

    await until(told)
    return world


@pytest.fixture(scope="module")
async def intruders(company, victim):
    """A colleague, the manager and the boss, each with leads of their own."""
    people = {"colleague": company.colleague, "manager": company.manager, "boss": company.boss}
    return [
        Intruder(name, {"colleague": "REP"}.get(name, name.upper()), World(person, company.boss, f"own {name}"))
        for name, person in people.items()
    ]


async def swept(routes, victim, intruders, way):
    """What is wrong, of everything that the intruders try in that way."""
    sweeps = [Sweep(routes, victim, intruder) for intruder in intruders]
    for sweep in sweeps:
        sweep._hidden = {kind: victim.ids[kind] for kind in ("lead", "duplicate lead")}

    async def one(sweep):
        return [f"{sweep.intruder.name}: {fault}" for fault in await getattr(sweep, way)()]

    return list(chain.from_iterable(await asyncio.gather(*map(one, sweeps))))


@pytest.mark.parametrize("way", ["lists", "paths", "filters", "references", "taken_ids"])
async def test_no_route_shows_it_takes_it_or_tells_it_from_none(stack, routes, victim, intruders, way):
    lead = f"/v1/leads/{victim.ids['lead']}"
    await quiet(stack)
    before = await seen(victim.person, [lead, f"{lead}/timeline"])
    assert await swept(routes, victim, intruders, way) == []
    assert await seen(victim.person, [lead, f"{lead}/timeline"]) == before


async def test_every_route_that_takes_a_lead_was_tried(routes, intruders):
    tried = set().union(*(intruder.tried for intruder in intruders))
    named = {
        one.id for one in routes if "lead" in {kind for _, kind in (*one.targets, *one.references(), *one.asked())}
    }
    assert named
    assert named <= tried


async def test_nobody_else_hears_of_it_as_it_happens(victim, intruders):
    async with AsyncExitStack() as ears:
        people = [victim.person, *(intruder.world.person for intruder in intruders)]
        streams = [await ears.enter_async_context(person.listening("/v1/live")) for person in people]
        secret = await victim.own("lead")
        assert secret in (await heard(streams[0], secret))[-1]
        for intruder, stream in zip(intruders, streams[1:], strict=True):
            own = await intruder.world.own("lead")
            assert [line for line in await heard(stream, own) if secret in line] == [], intruder.name


async def test_the_manager_and_the_boss_count_it(victim, intruders):
    for intruder in intruders[1:]:
        owners = (await intruder.world.person.get("/v1/exclusiveLeads"))["owners"]
        assert [(one["ownerId"], one["open"]) for one in owners] == [(victim.person.id, 3)], intruder.name
        links = (await intruder.world.person.get("/v1/links", ownerId=victim.person.id))["links"]
        assert [one["leads"] for one in links] == ["3"]

    async def counted():
        channels = await intruders[2].world.person.get("/v1/analytics/channels", ownerId=victim.person.id)
        return channels["total"]["leads"] == 3

    await until(counted)
    assert (await intruders[0].world.person.get("/v1/exclusiveLeads"))["owners"] == []


async def test_a_manager_ends_it_with_a_reason_that_is_audited_and_that_the_rep_is_told(company, victim):
    lead = victim.ids["lead"]
    path = f"/v1/leads/{lead}:{OVERRIDE}"
    assert (await company.manager.ask("POST", path, {})).json()["reason"] == "INVALID"
    assert (await company.colleague.ask("POST", path, {"purpose": "我想要"})).json()["reason"] == "ROLE_NOT_ALLOWED"
    assert not (await company.manager.post(path, {"purpose": "销售休产假，先由团队跟进"}))["exclusive"]
    assert (await company.boss.get(f"/v1/leads/{lead}"))["id"] == lead
    [notice] = (await company.rep.get("/v1/notices"))["notices"]
    assert (notice["subjectId"], notice["actorId"]) == (lead, company.manager.id)
    assert "销售休产假，先由团队跟进" in notice["messageZh"]
    entries = (await company.admin.get("/v1/auditEntries", action="leads.OverrideExclusivity"))["entries"]
    assert [(one["actorId"], one["subjectId"], one["purpose"]) for one in entries] == [
        (company.manager.id, lead, "销售休产假，先由团队跟进")
    ]
