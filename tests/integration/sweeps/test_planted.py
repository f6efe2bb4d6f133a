"""The sweep over every route finds what it is for: a service that forgets who sees what."""

import httpx
import pytest

from gateway.app import Gateway, Parts
from gateway.peers import GrpcPeer, Readiness
from gateway.transcode import Caller
from services.kit import pages, store
from services.kit.database import Database
from services.kit.errors import Denied, NotFound
from services.kit.principal import TokenMint
from services.kit.testing import Keys, Members, directory, person, running
from services.kit.visibility import ALL
from services.leads.__main__ import wire
from tests.people import Person
from tests.sweeps.operations import operations
from tests.sweeps.sight import OF_THE_COMPANY, Intruder, Sweep
from tests.sweeps.world import World


@pytest.fixture
async def sweep(fresh_database, nats_server, tmp_path):
    """The leads service behind a gateway; a rep's things there, and another rep who has none of them."""
    keys = Keys(tmp_path)
    access = await fresh_database("leads")
    database = await Database.connect(access.app)
    boss = person("BOSS")
    staff = {name: person("REP", boss.tenant_id, boss.team_id) for name in ("rep", "colleague")} | {"boss": boss}
    mint = TokenMint(keys.private)
    doors = {f"Bearer {name}".encode(): Caller(who, mint.sign(who)) for name, who in staff.items()}

    async def authenticate(headers):
        return doors[headers[b"authorization"]]

    nobody = "opportunities=127.0.0.1:1,timeline=127.0.0.1:1"
    async with (
        directory(Members(*staff.values()), keys, database) as identity,
        running("leads", wire, access, nats_server, keys, f"{identity},{nobody}") as process,
    ):
        peer = GrpcPeer(f"127.0.0.1:{process.port}")
        gateway = Gateway(Parts({"leads": peer}, authenticate, Readiness({"leads": peer})))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://gateway") as client:
            people = {name: Person(client, name) for name in staff}
            for name, one in people.items():
                one.token, one.id = name, str(staff[name].user_id)
            routes = operations(await people["rep"].get("/openapi.json"))
            victim = World(people["rep"], people["boss"], "秘密云杉")
            for kind in ("lead", "account", "contact", "duplicate", "duplicate contact", "duplicate lead", "user"):
                await victim.own(kind)
            world = World(people["colleague"], people["boss"], "kollege")
            yield Sweep(routes, victim, Intruder("a rep of the same team", "REP", world, OF_THE_COMPANY))
        await peer.close()
    await database.close()


def operations_of(faults):
    return {fault.split()[0] for fault in faults}


async def test_it_finds_nothing_where_nothing_is_planted(sweep):
    assert await sweep.paths() == []
    assert await sweep.lists() == []
    assert await sweep.filters() == []
    assert {"getLead", "qualifyLead", "revealContact", "listLeads"} <= sweep.intruder.tried


async def test_it_finds_getters_and_commands_that_see_the_whole_tenant(sweep, monkeypatch):
    monkeypatch.setattr(store, "reach", lambda principal: ALL)
    found = operations_of(await sweep.paths())
    assert {"getLead", "getAccount", "qualifyLead", "updateAccount", "revealLead", "createContact"} <= found


async def test_it_finds_lists_and_exports_that_hold_the_whole_tenant(sweep, monkeypatch):
    monkeypatch.setattr(pages, "reach", lambda principal: ALL)
    assert {"listLeads", "listAccounts"} <= operations_of(await sweep.lists())
    assert {"listLeads", "listAccounts"} <= operations_of(await sweep.filters())


async def test_it_finds_an_answer_that_tells_what_is_hidden_from_what_is_not_there(sweep, monkeypatch):
    row = store.Store.row

    async def telling(self, tx, identity):
        try:
            return await row(self, tx, identity)
        except NotFound as problem:
            with monkeypatch.context() as everywhere:
                everywhere.setattr(store, "reach", lambda principal: ALL)
                await row(self, tx, identity)
            raise Denied from problem

    monkeypatch.setattr(store.Store, "row", telling)
    assert {"getLead", "getAccount"} <= operations_of(await sweep.paths())
