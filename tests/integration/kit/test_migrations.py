"""An index on a table in use is built beside those who write there."""

import asyncio

import asyncpg
from starlette.concurrency import run_in_threadpool

from services.kit.ids import new_id
from services.kit.migrations import downgrade, upgrade

INDEX = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'entries_account_owner'::regclass"


async def test_an_index_is_built_while_others_write_and_what_broke_off_is_built_anew(postgres):
    async with postgres.fresh("timeline") as way:
        await run_in_threadpool(downgrade, "timeline", way.owner, "0005")
        writer, other = await asyncpg.connect(way.app), await asyncpg.connect(way.owner)
        # As an attempt leaves it that was ended half way.
        await other.execute("CREATE INDEX entries_account_owner ON entries (tenant_id)")
        tenant = new_id()
        began = writer.transaction()
        await began.start()
        await writer.execute(f"SET LOCAL app.tenant = '{tenant}'")
        await writer.execute(f"UPDATE entries SET version = 2 WHERE tenant_id = '{tenant}'")
        migrating = asyncio.create_task(run_in_threadpool(upgrade, "timeline", way.owner))
        await asyncio.sleep(0.5)
        assert not migrating.done()  # it waits for who began before it
        async with other.transaction():
            await other.execute(f"SET LOCAL app.tenant = '{tenant}'; SET LOCAL lock_timeout = '1s'")
            await other.execute(f"UPDATE entries SET version = 3 WHERE tenant_id = '{tenant}'")
        await began.commit()
        await migrating
        assert await other.fetchval(INDEX)
        assert "owner_id" in await other.fetchval("SELECT pg_get_indexdef('entries_account_owner'::regclass)")
        await writer.close()
        await other.close()
