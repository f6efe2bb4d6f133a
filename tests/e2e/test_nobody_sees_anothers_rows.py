"""Two tenants and two reps of one: whatever one of them asks for, what belongs to another does not exist.

The routes come from the OpenAPI document of the running gateway; a route that no sweep tries fails a test.
"""

import asyncio
from contextlib import AsyncExitStack
from itertools import chain

import pytest

from tests.people import until
from tests.quiet import quiet
from tests.sweeps.operations import operations
from tests.sweeps.sight import OF_THE_COMPANY, Intruder, Sweep
from tests.sweeps.world import World, seen

MARK = "秘密云杉"
WITHOUT_IDS = {
    "changePassword": "it is about oneself",
    "listFeedDeals": "takes nothing but pages; a partner of another tenant asks in test_partners_follow_deals.py",
    "listenLive": "takes nothing; what is heard is tried below",
    "publishChecklist": "a type of the tenant's own, and the tenant comes from the token",
    "publishCallScript": "a code of the tenant's own",
    "publishDevelopmentChecklist": "a territory and segment of the tenant's own",
    "publishNurturePlan": "makes the next version of a plan",
    "setPersonaAttribute": "the name of an attribute of the tenant's own",
    "createCampaign": "a name of the tenant's own",
    "recordChannelCost": "the name of a channel of the tenant's own",
    "recordMarketSize": "a territory and a product of the tenant's own",
    "setSaturationRules": "takes no id; there is one set a tenant",
    "setChannel": "the same",
    "createProcess": "a code of the tenant's own, and the tenant comes from the token",
    "requestExport": "names a list, which is read as whoever exports it",
    "rotateSigningKey": "takes nothing",
    "readAllNotices": "takes no id; it is about oneself",
    "setCollisionRules": "there is one list a tenant",
    "publishSelectionModel": "there is one model a tenant",
    "setDiscountRate": "there is one rate a tenant",
    "setSpendCategory": "a code of the tenant's own",
    "setDiscardReason": "a code of the tenant's own",
    "setLostReason": "a code of the tenant's own",
    "setPoolRules": "takes no id; there is one set a tenant",
    "setPromotionRules": "takes no id; there is one set a tenant",
    "setTouchpointKind": "a code of the tenant's own",
    "setVisitRule": "a class of the tenant's own",
    "setWorkingCalendar": "takes no id; there is one a tenant",
    "updateExportQuota": "takes no id; there is one a tenant",
    "updateLeadRetention": "takes no id; there is one a tenant",
    "updateRetention": "takes no id; there is one a tenant",
    "startImport": "a file of one's own; its rows are sent as batches, which are tried",
}
"""Routes that no sweep needs to try, and why."""
NOT_COMPARED = ("listStageMoves", "getExportQuota", "listSpendCategories", "getAccountWallet")
"""A read that tells how long ago something was, one that tells how much all have exported, and two that show the
categories of the company, which become more as people try."""


@pytest.fixture(scope="module")
async def routes(town):
    return operations(await town.person().get("/openapi.json"))


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


def kinds_of(routes):
    in_paths = {kind for route in routes if not route.public for _, kind in route.targets}
    in_bodies = {kind for route in routes for _, kind in route.references()}
    in_queries = {kind for route in routes for _, kind in route.asked()}
    return sorted((in_paths | in_bodies | in_queries) - {"new id"})


@pytest.fixture(scope="module")
async def victim(routes, company):
    """A rep with one thing of every kind, and a head who made what only heads make."""
    world = World(company.rep, company.boss, MARK)
    for kind in kinds_of(routes):
        await world.own(kind)
    rep = world.person

    async def shown():
        entries = (await rep.get(f"/v1/accounts/{world.ids['account']}/timeline", pageSize=200))["entries"]
        analysed = (await rep.get("/v1/analytics/growth"))["current"]
        figures = (await rep.get("/v1/analytics/receivables"))["figures"]
        return len(entries) > 5 and analysed["won"] and figures

    await until(shown)
    return world


@pytest.fixture(scope="module")
async def intruders(town, company):
    """The boss of another tenant; a rep of the same team; a manager of a team beside."""
    other = await town.company("other")
    beside = (await company.boss.post("/v1/teams", {"name": "beside"}))["id"]
    person = await company.hire("neighbour", "MANAGER", beside)
    return [
        Intruder("boss of another tenant", "BOSS", World(other.boss, other.boss, "fremd")),
        Intruder("rep of the same team", "REP", World(company.colleague, company.boss, "kollege"), OF_THE_COMPANY),
        Intruder("manager of a team beside", "MANAGER", World(person, company.boss, "nachbar"), OF_THE_COMPANY),
    ]


@pytest.fixture(scope="module")
async def untouched(stack, routes, victim):
    """What the victim reads, at every path that shows something of the victim's, once all has arrived."""
    await quiet(stack)
    paths = []
    for route in routes:
        if route.reads and not route.public and not route.streams and route.id not in NOT_COMPARED:
            path = route.path
            for name, kind in route.targets:
                path = path.replace(f"{{{name}}}", victim.ids[kind])
            if not route.path.startswith("/v1/analytics") and not route.needed:
                paths.append(path)
    return await seen(victim.person, paths)


async def swept(routes, victim, intruders, way):
    """What is wrong, of everything that the intruders try in that way, all at once."""

    async def one(intruder):
        return [f"{intruder.name}: {fault}" for fault in await getattr(Sweep(routes, victim, intruder), way)()]

    return list(chain.from_iterable(await asyncio.gather(*map(one, intruders))))


async def test_lists_counts_analyses_and_exports_hold_nothing_of_anothers(routes, victim, intruders):
    assert await swept(routes, victim, intruders, "lists") == []


async def test_a_page_token_of_anothers_opens_nothing(victim, intruders):
    for _ in range(2):
        await victim.own("lead")
    token = (await victim.person.get("/v1/leads", pageSize=1))["nextPageToken"]
    assert (await victim.person.get("/v1/leads", pageSize=1, pageToken=token))["leads"] != []
    for intruder in intruders:
        answer = await intruder.world.person.ask("GET", f"/v1/leads?pageSize=1&pageToken={token}")
        assert (answer.status_code, answer.json()["reason"]) == (400, "PAGE_TOKEN_INVALID"), intruder.name


async def heard(answer, until):
    """The changes that are told, as JSON texts, up to the one that speaks of that id."""
    found = []
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            found.append(line)
            if until in line:
                return found
    raise AssertionError(f"the stream ended before {until} was heard")


async def test_live_changes_of_anothers_are_not_heard(victim, intruders):
    async with AsyncExitStack() as ears:
        people = [victim.person, *(intruder.world.person for intruder in intruders)]
        streams = [await ears.enter_async_context(person.listening("/v1/live")) for person in people]
        secret = await victim.own("lead")
        assert secret in (await heard(streams[0], secret))[-1]
        for intruder, stream in zip(intruders, streams[1:], strict=True):
            # Their own change, made later, is the first thing that they hear.
            own = await intruder.world.own("lead")
            told = await heard(stream, own)
            assert [line for line in told if own not in line] == [], intruder.name


async def test_an_id_of_anothers_in_a_path_is_as_one_that_nothing_has(routes, victim, intruders, untouched):
    assert await swept(routes, victim, intruders, "paths") == []


async def test_an_id_of_anothers_in_a_query_is_as_one_that_nothing_has(routes, victim, intruders, untouched):
    assert await swept(routes, victim, intruders, "filters") == []


async def test_an_id_of_anothers_in_a_body_is_refused_as_one_that_nothing_has(routes, victim, intruders, untouched):
    assert await swept(routes, victim, intruders, "references") == []


async def test_an_id_of_anothers_given_to_something_new_tells_nothing(routes, victim, intruders, untouched):
    assert await swept(routes, victim, intruders, "taken_ids") == []


async def test_all_that_was_tried_has_changed_nothing(victim, untouched, intruders):
    assert await seen(victim.person, list(untouched)) == untouched


async def test_every_route_was_tried(routes, intruders):
    tried = set().union(*(intruder.tried for intruder in intruders))
    private = {route.id for route in routes if not route.public}
    assert private - tried == WITHOUT_IDS.keys()


async def test_who_owns_nothing_counts_what_an_empty_tenant_counts(town, routes, company, victim):
    newcomer = await company.hire("newcomer", "REP", company.rep.team_id)
    empty = await town.boss("empty")
    for route in routes:
        if route.reads and route.path.startswith(("/v1/analytics", "/v1/receivables")):
            found = [await person.get(route.path, **route.needed) for person in (newcomer, empty)]
            for answer in found:
                answer.pop("freshness", None)
            assert found[0] == found[1], route.id
