"""No statement holds a connection for long."""

import time

import asyncpg
import pytest
from sqlalchemy import text

from services.kit import database as database_module
from services.kit.database import SESSION, Database
from services.kit.outages import OVERDUE
from services.kit.sql import Query
from services.kit.testing import person

SLEEP = Query(text("SELECT pg_sleep(20)"))


async def test_a_statement_is_ended_in_time(fresh_database, monkeypatch):
    assert SESSION["statement_timeout"] == "10s"
    monkeypatch.setattr(database_module, "SESSION", SESSION | {"statement_timeout": "200ms"})
    database = await Database.connect((await fresh_database("leads")).app, 1)
    began = time.monotonic()
    with pytest.raises(asyncpg.QueryCanceledError) as ended:
        async with database.transaction(person()) as tx:
            await tx.fetch(SLEEP)
    assert time.monotonic() - began < 9
    assert isinstance(ended.value, OVERDUE), "it is answered as DEADLINE_EXCEEDED"
    async with database.transaction(person()) as tx:
        assert await tx.fetch_value(Query(text("SELECT 1"))) == 1
    await database.close()
