"""A connection of the pool serves one tenant after the other, and remembers none."""

import asyncpg
import pytest

from services.kit import onetrip, transaction
from tests.integration.kit.conftest import COUNTED, thing


async def write_in_steps(road):
    async with road.database.transaction(road.tenant) as tx:
        await tx.execute(COUNTED, t=road.tenant.tenant_id, e=thing().id, a=thing().id, v=1)


async def write_in_one_trip(road):
    await road.emit()


async def forgets_its_tenant(road, work):
    """Whether the connection that did some work for a tenant holds nothing of that tenant afterwards."""
    await write_in_one_trip(road)
    await work(road)
    connection = await road.database._pool.wait(3)
    try:
        tenant = await connection.fetchval("SELECT NULLIF(current_setting('app.tenant', true), '')")
        return tenant is None and await connection.fetchval("SELECT count(*) FROM outbox") == 0
    finally:
        await connection.execute("RESET app.tenant; RESET app.me")
        road.database._pool.give_back(connection)


@pytest.fixture
def for_the_session(monkeypatch):
    """The planted bug: the tenant is set for the session and not for the transaction."""

    def begin(principal, read_only):
        return f"BEGIN; SET app.tenant = '{principal.tenant_id}'"

    monkeypatch.setattr(transaction, "_begin", begin)
    monkeypatch.setattr(onetrip, "SETTING", onetrip.SETTING.replace("true", "false"))
    onetrip.writing.cache_clear()
    yield
    onetrip.writing.cache_clear()


@pytest.mark.parametrize("work", [write_in_steps, write_in_one_trip])
async def test_a_connection_forgets_its_tenant_with_its_transaction(road, work):
    assert await forgets_its_tenant(road, work)


@pytest.mark.parametrize("work", [write_in_steps, write_in_one_trip])
async def test_a_tenant_set_for_the_session_is_found_out(road, for_the_session, work):
    assert not await forgets_its_tenant(road, work)


async def test_without_a_tenant_there_are_no_rows(road):
    await road.emit()
    connection = await asyncpg.connect(road.access.app)
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
    await connection.close()
