"""Somebody moves to another team: the manager there sees what they work on, the manager of before no longer does."""

from uuid import uuid4

import pytest

from tests.people import done, until
from tests.quiet import quiet
from tests.sweeps.world import World

KINDS = ("lead", "account", "deal", "won deal", "contract", "receipt", "touchpoint")


@pytest.fixture
async def company(town):
    return await town.company("yunshan")


def shown(world):
    """Where each thing is read."""
    paths = {f"/v1/{kind.removeprefix('won ')}s/{world.ids[kind]}" for kind in KINDS}
    return paths | {f"/v1/contracts/{world.ids['contract']}/instalments"}


async def seen(manager, world):
    """What of the rep's things a manager sees, and what the lists, the timeline and the numbers show of them."""
    paths = {path for path in shown(world) if (await manager.ask("GET", path)).status_code == 200}
    entries = (await manager.get(f"/v1/accounts/{world.ids['account']}/timeline", pageSize=200))["entries"]
    figures = (await manager.get("/v1/analytics/receivables"))["figures"]
    return {
        "rows": paths,
        "listed": len((await manager.get("/v1/leads"))["leads"]) + len((await manager.get("/v1/receipts"))["receipts"]),
        "entries": len(entries),
        "funnel": (await manager.get("/v1/analytics/funnel"))["flow"]["inflow"],
        "receivable": sum(one["openInstalments"] for one in figures),
        "owed": len((await manager.get("/v1/receivables"))["receivables"]),
    }


async def test_what_is_shared_is_seen_by_whom_it_is_shared_with_for_as_long(company):
    rep, colleague = company.rep, company.colleague
    world = World(rep, company.boss, "共享科技")
    for kind, names in (("lead", "userIds"), ("account", "userIds"), ("deal", "collaborators")):
        path = f"/v1/{kind}s/{await world.own(kind)}"

        async def entries(path=path):
            return (await colleague.get(f"{path}/timeline"))["entries"]

        assert (await colleague.ask("GET", path)).status_code == 404
        await rep.post(f"{path}:share", {names: [colleague.id]})
        assert (await colleague.ask("GET", path)).status_code == 200
        await until(entries)
        await rep.post(f"{path}:share", {names: []})
        assert (await colleague.ask("GET", path)).status_code == 404

        async def forgotten(entries=entries):
            return await entries() == []

        await until(forgotten)


async def test_a_rep_who_changes_teams_takes_everything_along(stack, company):
    there = (await company.boss.post("/v1/teams", {"name": f"there {uuid4().hex[:6]}"}))["id"]
    new_manager = await company.hire("newmanager", "MANAGER", there)
    world = World(company.rep, company.boss, "搬家科技")
    for kind in KINDS:
        await world.own(kind)

    async def all_told():
        found = await seen(company.manager, world)
        return found if found["funnel"] == 2 and found["receivable"] and found["entries"] >= 8 else None

    await quiet(stack)
    before = await until(all_told)
    assert before["rows"] == shown(world)
    nothing = {"rows": set(), "listed": 0, "entries": 0, "funnel": 0, "receivable": 0, "owed": 0}
    assert await seen(new_manager, world) == nothing

    user = await company.boss.ask("GET", f"/v1/users/{company.rep.id}")
    change = {"teamId": there}
    done(await company.boss.ask("PATCH", f"/v1/users/{company.rep.id}", change, if_match=user.headers["etag"]))

    async def arrived():
        return await seen(new_manager, world) == before and await seen(company.manager, world) == nothing

    await until(arrived)
