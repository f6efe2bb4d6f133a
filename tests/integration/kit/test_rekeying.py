"""A tenant's key is changed while people work: nothing is lost, all is found, and the former key opens nothing."""

import asyncio
import random
import signal
import sys

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag
from dealtrail.leads.v1 import leads_pb2
from sqlalchemy import bindparam, func, select

from services.kit import page_tokens, rekeying, vault
from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.notary import Notary, chain_key, seal
from services.kit.rotation import rotate
from services.kit.sql import Query
from services.kit.testing import Keys, person
from services.kit.vault import MasterKeys, TenantKey
from services.leads.leads.domain import Lead
from services.leads.leads.store import leads, listing, table
from services.leads.people import phone_mark

NAME, PHONE = "欧阳若兰", "138 0013 8000"
REMEMBERED_S, SETTLED_S = 0.2, 1.2
DIES = """
import asyncio, os, signal
from services.kit import rekeying
from services.kit.vault import MasterKeys, TenantKey

rewrapped, more = TenantKey.rewrapped, {more}

def counted(key, wrapped, identity):
    global more
    anew = rewrapped(key, wrapped, identity)
    more -= anew is not None
    if more < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return anew

TenantKey.rewrapped, rekeying.ROWS = counted, 1
asyncio.run(rekeying.carry_out({url!r}, MasterKeys.read({file!r}), {first}, None, 0.01))
"""
"""A change of keys that is killed amid the transaction of a row when it has wrapped so many anew."""
WITH_PHONE = Query(
    select(func.count()).where(table.c.tenant_id == bindparam("tenant_id"), table.c.phone_mark == bindparam("mark"))
)
page_tokens.sign_with(b"page tokens of this test")


@pytest.fixture
async def house(fresh_database, tmp_path):
    """`connect()` is one more replica, `owner` the operator's way in."""
    access, keys = await fresh_database("leads"), Keys(tmp_path)
    masters = MasterKeys.read(keys.master)
    opened = []

    class House:
        url, relay, file = access.owner, access.relay, keys.master

        async def connect(self, with_masters=masters):
            opened.append(await Database.connect(access.app, masters=with_masters))
            return opened[-1]

    house = House()
    house.masters, house.owner = masters, await asyncpg.connect(access.owner)
    yield house
    for one in (*opened, house.owner):
        await one.close()


async def recorded(database, who, name=NAME):
    lead = Lead(
        id=new_id(),
        company="若兰茶业",
        owner_id=who.user_id,
        team_id=None,
        create_time=None,
        update_time=None,
        contact_name=name,
        phone=PHONE,
    )
    async with database.transaction(who) as tx:
        lead.create_time = lead.update_time = tx.now
        await leads.add(tx, lead)
    return lead.id


async def must_be_whole(database, who, ids):
    """Every lead opens, and is found by its name and by its phone."""
    async with database.transaction(who, read_only=True) as tx:
        for id in ids:
            lead = await leads.get(tx, id)
            assert (lead.contact_name, lead.phone) == (NAME, PHONE)
        found, _ = await listing.page(tx, leads_pb2.ListLeadsRequest(q="阳若", page_size=200))
        assert len(found) >= min(200, len(ids))
        mark = phone_mark(await tx.vault.tenant(tx), {"phone": PHONE})
        assert await tx.fetch_value(WITH_PHONE, mark=mark) >= len(ids)


async def secret_of(house, who):
    row = await house.owner.fetchrow("SELECT master_id, wrapped FROM tenant_keys WHERE tenant_id = $1", who.tenant_id)
    return house.masters.unwrap(row["master_id"], row["wrapped"], who.tenant_id)


async def must_be_gone(house, who, former):
    """The former key is nowhere, and opens no data key."""
    left = await house.owner.fetchrow("SELECT step, other FROM rekeyings WHERE tenant_id = $1", who.tenant_id)
    assert tuple(left) == ("DONE", None)
    key = TenantKey(former)
    for row in await house.owner.fetch("SELECT id, wrapped FROM data_keys WHERE tenant_id = $1", who.tenant_id):
        with pytest.raises(InvalidTag):
            key.unwrap(row["wrapped"], row["id"])


async def work(replicas, who, ids, until):
    """People record and read on all replicas until told to stop."""
    while not until.is_set():
        for database in replicas:
            ids.append(await recorded(database, who))
            async with replicas[0].transaction(who, read_only=True) as tx:
                assert (await leads.get(tx, random.choice(ids))).phone == PHONE
        await asyncio.sleep(0.01)


async def test_while_a_key_is_changed_people_record_read_and_find_on_all_replicas(house, monkeypatch):
    monkeypatch.setattr(vault, "REMEMBER_S", REMEMBERED_S)
    who, replicas, over = person("BOSS"), [await house.connect(), await house.connect()], asyncio.Event()
    ids = [await recorded(replicas[0], who)]
    former = await secret_of(house, who)
    working = asyncio.create_task(work(replicas, who, ids, over))
    await asyncio.sleep(0.1)
    await rekeying.carry_out(house.url, house.masters, True, who.tenant_id, SETTLED_S)
    over.set()
    await working
    await must_be_gone(house, who, former)
    await must_be_whole(await house.connect(), who, ids)


async def test_a_change_that_does_not_wait_for_what_is_remembered_is_found_out(house):
    who, database = person("BOSS"), await house.connect()
    lead = await recorded(database, who)
    await rekeying.carry_out(house.url, house.masters, True, None, 0.0)
    with pytest.raises(InvalidTag):
        await must_be_whole(database, who, [lead])


async def test_a_change_that_is_killed_again_and_again_loses_nothing(house):
    who, database = person("BOSS"), await house.connect()
    ids = [await recorded(database, who) for _ in range(120)]
    former, before = await secret_of(house, who), await wrapped(house, who)
    for more, left in ((1, 119), (39, 80), (50, 30), (120, 0)):
        first = await house.owner.fetchval("SELECT count(*) = 0 FROM rekeyings")
        code = DIES.format(more=more, url=house.url, file=house.file, first=first)
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
        assert await process.wait() == (-signal.SIGKILL if left else 0)
        assert len(before & await wrapped(house, who)) == left
        assert await house.owner.fetchval("SELECT step FROM rekeyings") == ("TURNED" if left else "DONE")
        await must_be_whole(await house.connect(), who, ids)
    await must_be_gone(house, who, former)


async def wrapped(house, who):
    rows = await house.owner.fetch("SELECT wrapped FROM data_keys WHERE tenant_id = $1", who.tenant_id)
    return {row["wrapped"] for row in rows}


async def test_a_second_change_and_another_master_key_leave_all_readable_and_found(house):
    who, database = person("BOSS"), await house.connect()
    ids = [await recorded(database, who) for _ in range(3)]
    for _ in range(2):
        former = await secret_of(house, who)
        await rekeying.carry_out(house.url, house.masters, True, None, 0.0)
        await must_be_gone(house, who, former)
        await must_be_whole(await house.connect(), who, ids)
    assert await rekeying.begin(house.owner, house.masters, who.tenant_id)
    assert not await rekeying.begin(house.owner, house.masters, who.tenant_id)
    old, new = bytes(32), bytes(range(32))
    both = MasterKeys({"test": old, "new": new})
    assert await rotate(house.url, both) == 1
    only_new = MasterKeys({"new": new})
    await must_be_whole(await house.connect(only_new), who, ids)
    await rekeying.carry_out(house.url, only_new, False, None, 0.0)
    await must_be_whole(await house.connect(only_new), who, ids)


async def test_keys_of_another_tenant_stay(house):
    who, other, database = person("BOSS"), person("BOSS"), await house.connect()
    await recorded(database, who)
    await recorded(database, other)
    before = await secret_of(house, other)
    await rekeying.carry_out(house.url, house.masters, True, who.tenant_id, 0.0)
    assert await secret_of(house, other) == before


async def test_a_change_stands_in_the_audit_log_of_its_tenant_and_is_chained(house):
    who, other, database = person("BOSS"), person("BOSS"), await house.connect()
    await recorded(database, who)
    await recorded(database, other)
    await rekeying.carry_out(house.url, house.masters, True, who.tenant_id, 0.0)
    secret = b"a secret of this test"
    relay = await asyncpg.connect(house.relay)
    await Notary(house.relay, secret).seal_pending(relay)
    await relay.close()
    rows = await house.owner.fetch("SELECT * FROM audit ORDER BY tenant_id, number")
    assert [(row["tenant_id"], row["subject_id"], row["action"]) for row in rows] == [
        (who.tenant_id, who.tenant_id, "kit.BeginRekeying"),
        (who.tenant_id, who.tenant_id, "kit.EndRekeying"),
    ]
    first, last = rows
    assert first["seal"] == seal(chain_key(secret), b"", 1, first)
    assert last["seal"] == seal(chain_key(secret), first["seal"], 2, last)
