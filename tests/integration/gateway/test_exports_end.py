"""What nobody ends is ended: exports whose gateway died, and approvals that nobody used."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from gateway.export_requests import operations as requesting
from gateway.export_requests.domain import State as RequestState
from gateway.export_requests.store import requests
from gateway.export_requests.store import table as requests_table
from gateway.exports.domain import State
from gateway.exports.operations import Ledger, tidy
from gateway.exports.store import exports, exports_table
from gateway.identity.system import system
from services.kit.database import Database
from services.kit.sql import Query
from services.kit.testing import Keys, person
from services.kit.vault import MasterKeys

LIST = "/v1/leads"


@pytest.fixture
async def database(fresh_database, tmp_path):
    access = await fresh_database("gateway")
    found = await Database.connect(access.app, masters=MasterKeys.read(Keys(tmp_path).master))
    yield found
    await found.close()


async def approved(database, who, boss):
    async with database.transaction(who) as tx:
        asked = await requesting.request(tx, LIST, "盘点")
    async with database.transaction(boss) as tx:
        await requesting.approve(tx, asked.id)
    return asked.id


async def test_an_export_whose_gateway_died_has_failed_and_an_unused_approval_expires(database):
    boss = person("BOSS")
    who = person("REP", boss.tenant_id)
    running, unused = [await approved(database, who, boss) for _ in range(2)]
    leaving = await Ledger(database).begin(who, "ListLeads", LIST, running)
    await leaving.take(7)
    long_ago = update(exports_table).values(update_time=exports_table.c.update_time - timedelta(minutes=11))
    over = update(requests_table).values(expire_time=requests_table.c.expire_time - timedelta(hours=25))
    async with database.transaction(system(boss.tenant_id)) as tx:
        await tidy(tx)
        assert (await requests.get(tx, running)).state is RequestState.RUNNING
        await tx.execute(Query(long_ago))
        await tx.execute(Query(over))
        while await tidy(tx):
            pass
    async with database.transaction(boss) as tx:
        ran, other = await requests.get(tx, running), await requests.get(tx, unused)
        left = await exports.get(tx, ran.export_id)
    assert (ran.state, ran.rows, other.state) == (RequestState.FAILED, 7, RequestState.EXPIRED)
    assert (left.state, left.rows) == (State.FAILED, 7)
