"""Keys of partners: made once, rotated without a gap, ended at once; and what is kept of that."""

import asyncio

import asyncpg
import nats
import pytest

from gateway.identity.partners.access import LIMITS, User
from gateway.identity.partners.api_keys import ApiKeys
from gateway.identity.partners.domain import PartnerNameTaken, UnknownPartner
from services.kit.database import Database
from services.kit.errors import Unauthenticated


@pytest.fixture
async def api_keys(office):
    database = await Database.connect(office.access.app, 1)
    yield ApiKeys(database)
    await database.close()


async def closed(client):
    while not client.is_closed:
        await asyncio.sleep(0.01)


async def enters(partner):
    try:
        client = await partner.connect(max_reconnect_attempts=1, connect_timeout=20)
    except nats.errors.Error:
        return False
    await client.close()
    return True


async def knows(api_keys, partner):
    try:
        return await api_keys.principal(partner.told.api_key.encode())
    except Unauthenticated:
        return None


async def test_a_key_speaks_for_its_partner_and_nobody_else(office, partners, api_keys):
    mine, rival = partners
    principal = await knows(api_keys, mine)
    assert (principal.tenant_id, principal.role) == (mine.user.tenant_id, "PARTNER")
    theirs = await knows(api_keys, rival)
    assert theirs.tenant_id == rival.user.tenant_id
    assert theirs.user_id != principal.user_id


async def test_a_key_that_was_changed_anywhere_is_refused(partners, api_keys):
    key = partners[0].told.api_key
    other = partners[1].told.api_key
    for wrong in (key[:-4], key[:-2] + ("AA" if key[-2:] != "AA" else "BB"), other[:26] + key[26:], "dtp_", "dtp_***"):
        with pytest.raises(Unauthenticated):
            await api_keys.principal(wrong.encode())


async def test_rotation_leaves_no_gap_and_retiring_ends_the_former_key_at_once(office, partners, api_keys):
    old = partners[0]
    reading = await old.connect()
    [new] = await office("rotate", (old.user.tenant, "acme"))
    assert await enters(old)
    assert await enters(new)
    assert await knows(api_keys, old)
    assert await knows(api_keys, new)
    assert not reading.is_closed
    await office("retire", (old.user.tenant, "acme"))
    await asyncio.wait_for(closed(reading), 60)
    assert not await enters(old)
    assert await knows(api_keys, old) is None
    assert await enters(new)
    assert await knows(api_keys, new)


async def test_a_second_rotation_ends_the_oldest_key(office, partners, api_keys):
    first = partners[0]
    [second] = await office("rotate", (first.user.tenant, "acme"))
    [third] = await office("rotate", (first.user.tenant, "acme"))
    assert [bool(await knows(api_keys, one)) for one in (first, second, third)] == [False, True, True]
    assert [await enters(one) for one in (first, second, third)] == [False, True, True]


async def test_a_partner_that_is_removed_is_put_out_and_others_read_on(office, partners, api_keys):
    gone, stays = partners
    reading, others = await gone.connect(), await stays.connect()
    await office("remove", (gone.user.tenant, "acme"))
    await asyncio.wait_for(closed(reading), 60)
    assert not await enters(gone)
    assert await knows(api_keys, gone) is None
    names = {one.name for one in await office.client.jetstream().consumers_info("deals")}
    assert stays.user.durable in names
    assert gone.user.durable not in names
    await office.tell(stays.user.tenant_id)
    assert len(await (await stays.pulling(others)).fetch(1, timeout=20)) == 1
    assert others.refusals == []
    await others.close()


async def test_a_name_is_one_partners_until_it_is_removed(office, partners):
    acme = (partners[0].user.tenant, "acme")
    with pytest.raises(PartnerNameTaken):
        await office("onboard", acme)
    await office("remove", acme)
    with pytest.raises(UnknownPartner):
        await office("rotate", acme)
    [again] = await office("onboard", acme)
    assert await enters(again)


async def test_no_secret_is_kept_and_every_change_is_in_the_audit_log(office, partners):
    mine = partners[0]
    [rotated] = await office("rotate", (mine.user.tenant, "acme"))
    await office("remove", (mine.user.tenant, "acme"))
    connection = await asyncpg.connect(office.access.owner)
    await connection.execute("SELECT set_config('app.tenant', $1, false)", str(mine.user.tenant_id))
    kept = str(await connection.fetch("SELECT * FROM partner_keys")) + office.broker.partners_file.read_text()
    audited = "SELECT action FROM audit WHERE tenant_id = $1 AND action LIKE 'partners.%' ORDER BY id"
    entries = await connection.fetch(audited, mine.user.tenant_id)
    await connection.close()
    for secret in (mine.told.nkey_seed, mine.told.api_key, rotated.told.nkey_seed, rotated.told.api_key):
        assert secret not in kept
        assert secret[-32:] not in kept
    assert [row["action"] for row in entries] == ["partners.onboard", "partners.rotate", "partners.remove"]


async def test_what_a_crash_left_half_done_is_mended_by_the_next_command(office, partners):
    mine, rival = partners
    office.broker.partners_file.write_text("users: []\n")
    await office.client.jetstream().delete_consumer("deals", mine.user.durable)
    await office("rotate", (rival.user.tenant, "acme"))
    assert await enters(mine)
    assert (await office.consumer(mine.user)).name == mine.user.durable


def test_a_partners_names_at_the_broker_are_its_own():
    """Neither a dash nor a tenant that is called like a partner makes two of them one."""
    names = {User(None, tenant, name, ()).durable for tenant in ("a", "a-b", "b") for name in ("a", "a-b", "b", "b-a")}
    assert len(names) == 12
    assert LIMITS["max_payload"] <= 4096
