"""What is sealed is unreadable in the database, readable through the store, and gone with its key."""

import asyncpg
import pytest
from dealtrail.leads.v1 import leads_pb2

from services.kit import vault
from services.kit.backfill import backfill
from services.kit.database import Database
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.kit.rotation import rotate
from services.kit.sealing import destroy
from services.kit.testing import Keys, person
from services.kit.vault import MasterKeys
from services.leads.leads.domain import Lead
from services.leads.leads.store import leads, listing, sealing
from tests.integration.kit.conftest import eventually

NAME, PHONE, MAIL, WISH = "欧阳若兰", "138 0013 8000", "Ruolan.Ouyang@example.com", "喜欢喝普洱"


@pytest.fixture
async def house(fresh_database, tmp_path):
    access = await fresh_database("leads")
    masters = MasterKeys.read(Keys(tmp_path).master)
    database = await Database.connect(access.app, masters=masters)
    yield database, access, masters
    await database.close()


async def recorded(database, who, **given):
    lead = Lead(
        id=new_id(),
        company="若兰茶业",
        owner_id=who.user_id,
        team_id=None,
        create_time=None,
        update_time=None,
        contact_name=NAME,
        phone=PHONE,
        email=MAIL,
        attributes={"爱好": WISH},
    )
    for name, value in given.items():
        setattr(lead, name, value)
    async with database.transaction(who) as tx:
        lead.create_time = lead.update_time = tx.now
        await leads.add(tx, lead)
    return lead


async def everything(url):
    """All rows of all tables, as text, and their bytes as text too."""
    connection = await asyncpg.connect(url)
    found = []
    tables = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    for (name,) in tables:
        await connection.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
        for row in await connection.fetch(f"SELECT * FROM {name}"):
            found += [
                value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in row.values()
            ]
        await connection.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    await connection.close()
    return "\n".join(found)


async def test_a_person_is_readable_through_the_store_and_nowhere_in_the_database(house):
    database, access, _ = house
    who = person("BOSS")
    lead = await recorded(database, who)
    async with database.transaction(who, read_only=True) as tx:
        again = await leads.get(tx, lead.id)
    assert (again.contact_name, again.phone, again.email, again.attributes) == (NAME, PHONE, MAIL, {"爱好": WISH})
    text = await everything(access.owner)
    assert str(lead.id) in text
    assert not [
        one
        for one in (NAME, "若兰茶", PHONE, "13800138000", MAIL, MAIL.lower(), WISH)
        if one in text and one != "若兰茶"
    ]


async def test_a_destroyed_key_leaves_the_row_and_takes_the_person(house):
    database, _, _ = house
    who = person("BOSS")
    lead = await recorded(database, who)
    async with database.transaction(who) as tx:
        assert await destroy(tx, [lead.id]) == 1
    async with database.transaction(who, read_only=True) as tx:
        left = await leads.get(tx, lead.id)
    assert (left.company, left.contact_name, left.phone, left.email, left.attributes) == ("若兰茶业", "", "", "", {})
    async with database.transaction(who) as tx:
        left = await leads.locked(tx, lead.id)
        left.assign(new_id(), None)
        await leads.save(tx, left)
    async with database.transaction(who, read_only=True) as tx:
        assert (await leads.get(tx, lead.id)).contact_name == ""


async def test_keys_that_nobody_asks_for_again_leave_the_memory_of_the_process(house, monkeypatch):
    monkeypatch.setattr(vault, "REMEMBER_S", 2)
    database, _, _ = house
    who = person()
    lead = await recorded(database, who)
    async with database.transaction(who, read_only=True) as tx:
        assert (await leads.get(tx, lead.id)).phone == PHONE
    assert database._vault._known

    async def known():
        return len(database._vault._known)

    await eventually(known, 0)
    async with database.transaction(who, read_only=True) as tx:
        assert (await leads.get(tx, lead.id)).phone == PHONE


async def test_a_change_leaves_what_is_sealed_readable(house):
    database, _, _ = house
    who = person("BOSS")
    lead = await recorded(database, who)
    async with database.transaction(who) as tx:
        held = await leads.locked(tx, lead.id)
        held.qualify(80)
        await leads.save(tx, held)
    async with database.transaction(who, read_only=True) as tx:
        again = await leads.get(tx, lead.id)
    assert (again.score, again.contact_name, again.phone) == (80, NAME, PHONE)


@pytest.mark.parametrize("part", ["阳", "若兰", "欧阳若", NAME, "茶业"])
async def test_a_list_finds_by_any_part_of_a_sealed_name(house, part):
    database, _, _ = house
    who = person("BOSS")
    lead = await recorded(database, who)
    await recorded(database, who, contact_name="Ann Lee", company="Foo")
    async with database.transaction(who, read_only=True) as tx:
        rows, _ = await listing.page(tx, leads_pb2.ListLeadsRequest(q=part))
    assert [row["id"] for row in rows] == [lead.id]
    assert rows[0]["contact_name"] == NAME


async def test_a_list_does_not_find_what_no_name_has(house):
    database, _, _ = house
    who = person("BOSS")
    async with database.transaction(who, read_only=True) as tx:
        assert await listing.page(tx, leads_pb2.ListLeadsRequest(q="兰")) == ([], "")
    await recorded(database, who, contact_name="Ann Lee")
    async with database.transaction(who, read_only=True) as tx:
        assert [
            len((await listing.page(tx, leads_pb2.ListLeadsRequest(q=q)))[0]) for q in ("LEE", "n l", "lea", "annlee")
        ] == [1, 1, 0, 0]


async def test_rows_in_the_open_are_sealed_where_they_stand(house):
    database, access, masters = house
    who = person("BOSS")
    lead = await recorded(database, who, contact_name="", phone="", email="", attributes={})
    connection = await asyncpg.connect(access.owner)
    await connection.execute(
        "UPDATE leads SET contact_name = $1, phone = $2, attributes = $3::jsonb", NAME, PHONE, '{"a": "b"}'
    )
    await connection.close()
    async with database.transaction(who, read_only=True) as tx:
        assert (await leads.get(tx, lead.id)).phone == PHONE
    assert await backfill(access.owner, masters, [sealing]) == {"leads": 1}
    assert await backfill(access.owner, masters, [sealing]) == {"leads": 0}
    assert NAME not in await everything(access.owner)
    async with database.transaction(who, read_only=True) as tx:
        again = await leads.get(tx, lead.id)
        found, _ = await listing.page(tx, leads_pb2.ListLeadsRequest(q="若兰"))
    assert (again.contact_name, again.phone, again.attributes, len(found)) == (NAME, PHONE, {"a": "b"}, 1)


async def test_one_tenants_keys_open_nothing_of_anothers(house):
    database, _, _ = house
    who, stranger = person("BOSS"), person("BOSS")
    lead = await recorded(database, who)
    await recorded(database, stranger)
    async with database.transaction(stranger, read_only=True) as tx:
        with pytest.raises(NotFound):
            await leads.get(tx, lead.id)
        assert (await tx.vault.tenant(tx)).mark("x") != (await _tenant(database, who)).mark("x")


async def _tenant(database, who):
    async with database.transaction(who, read_only=True) as tx:
        return await tx.vault.tenant(tx)


async def test_a_master_key_can_be_replaced_and_the_old_one_thrown_away(house):
    database, access, _ = house
    who = person("BOSS")
    lead = await recorded(database, who)
    old, new = bytes(32), bytes(range(32))
    assert await rotate(access.owner, MasterKeys({"test": old, "new": new})) == 1
    assert await rotate(access.owner, MasterKeys({"test": old, "new": new})) == 0
    afterwards = await Database.connect(access.app, masters=MasterKeys({"new": new}))
    async with afterwards.transaction(who, read_only=True) as tx:
        assert (await leads.get(tx, lead.id)).phone == PHONE
    await afterwards.close()
