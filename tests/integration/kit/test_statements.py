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


OFFERED = "INSERT INTO owner_teams (tenant_id, user_id, team_id, version) VALUES (:tenant_id, :user, NULL, :version)"
NEWER = Query(text(OFFERED + " ON CONFLICT (tenant_id, user_id) DO UPDATE SET version = excluded.version"))
OLDER = Query(text("UPDATE owner_teams SET version = version + :more WHERE user_id = :user"))
VERSION = Query(text("SELECT version FROM owner_teams WHERE user_id = :user"))


@pytest.fixture
async def database(fresh_database):
    opened = await Database.connect((await fresh_database("analytics")).app, 1)
    yield opened
    await opened.close()


async def sent_within(tx, monkeypatch):
    """The statements that PostgreSQL is sent from now on."""
    connection, sent = await tx.connected(), []
    execute = type(connection).execute

    async def noted(self, text, *arguments, **named):
        sent.append(text)
        return await execute(self, text, *arguments, **named)

    monkeypatch.setattr(type(connection), "execute", noted)
    return sent


async def test_what_is_written_last_goes_in_one_statement(database, monkeypatch):
    boss, others = person("BOSS"), [person().user_id for _ in range(2)]
    async with database.transaction(boss) as tx:
        await tx.write(NEWER, user=others[0], version=1)
        sent = await sent_within(tx, monkeypatch)
        await tx.write(OLDER, user=others[1], more=1)
    assert len(sent) == 2
    assert sent[1] == "COMMIT"
    async with database.transaction(boss, read_only=True) as tx:
        assert await tx.fetch_value(VERSION, user=others[0]) == 1


async def test_whoever_reads_sees_what_was_written_and_no_statement_writes_a_row_twice(database):
    boss, user = person("BOSS"), person().user_id
    async with database.transaction(boss) as tx:
        await tx.write(NEWER, user=user, version=1)
        assert await tx.fetch_value(VERSION, user=user) == 1
        await tx.write(NEWER, user=user, version=2)
        await tx.write(NEWER, user=user, version=3)
    async with database.transaction(boss, read_only=True) as tx:
        assert await tx.fetch_value(VERSION, user=user) == 3


async def test_a_write_that_fails_at_the_end_undoes_all(database):
    boss, user = person("BOSS"), person().user_id

    async def write():
        async with database.transaction(boss) as tx:
            await tx.write(NEWER, user=user, version=1)
            await tx.write(OLDER, user=user, more="many")

    with pytest.raises(asyncpg.DataError):
        await write()
    async with database.transaction(boss, read_only=True) as tx:
        assert await tx.fetch_value(VERSION, user=user) is None
