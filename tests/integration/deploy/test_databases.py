import asyncpg
import pytest

from deploy.local.roles import APP, OWNER, RELAY


@pytest.fixture
async def ways(postgres):
    async with postgres.fresh("leads") as ways:
        yield ways


async def test_the_app_owns_nothing_and_passes_no_row_level_security(ways):
    app = await asyncpg.connect(ways.app)
    row = await app.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    )
    assert not any(row.values())
    assert await app.fetchval("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole") == 0
    await app.close()


async def test_the_app_works_with_what_the_owner_makes_and_makes_nothing_itself(ways):
    owner, app = await asyncpg.connect(ways.owner), await asyncpg.connect(ways.app)
    await owner.execute("CREATE TABLE made_later (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
    await app.execute("INSERT INTO made_later (name) VALUES ('x')")
    assert await app.fetchval("SELECT count(*) FROM made_later") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("CREATE TABLE own (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("TRUNCATE made_later")
    await owner.close()
    await app.close()


async def test_the_app_cannot_become_the_relay_or_the_owner(ways):
    app = await asyncpg.connect(ways.app)
    for role in (RELAY, OWNER):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(f"SET ROLE {role}")
    await app.close()


async def test_the_relay_sees_only_what_it_is_granted(ways):
    owner, relay = await asyncpg.connect(ways.owner), await asyncpg.connect(ways.relay)
    await owner.execute("CREATE TABLE secrets_of_a_tenant (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await relay.execute("SELECT * FROM secrets_of_a_tenant")
    await owner.close()
    await relay.close()


async def test_each_test_has_a_database_of_its_own(fresh_database):
    first, second = await fresh_database("leads"), await fresh_database("leads")
    one = await asyncpg.connect(first.owner)
    await one.execute("CREATE TABLE mine (id int)")
    other = await asyncpg.connect(second.owner)
    assert await other.fetchval("SELECT to_regclass('mine')") is None
    assert await other.fetchval("SELECT to_regclass('outbox')") == "outbox"
    await one.close()
    await other.close()


async def test_a_database_of_another_installation_is_closed_to_strangers(postgres, ways):
    admin = await asyncpg.connect(postgres.url)
    name = ways.app.rpartition("/")[2]
    assert await admin.fetchval("SELECT has_database_privilege('public', $1, 'CONNECT')", name) is False
    assert await admin.fetchval(f"SELECT has_database_privilege('{APP}', $1, 'CONNECT')", name)
    await admin.close()
