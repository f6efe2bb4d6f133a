"""The audit log: one entry a deed, numbered without a gap, and a verifier that no tampering gets past."""

import asyncio
import os
import subprocess
import sys
from uuid import UUID

import asyncpg
import orjson
import pytest
from dealtrail.audit.v1 import audit_pb2 as pb

from services.kit import audit, verify
from services.kit.auditing import EntriesServicer
from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.notary import Notary, chain_key, seal
from services.kit.testing import person

SECRET = b"the secret of this test"


class Log:
    """The audit log of a service database."""

    def __init__(self, access, database):
        self.access, self.database = access, database
        self.notary = Notary(access.relay, SECRET)

    async def write(self, who, *purposes):
        async with self.database.transaction(who) as tx:
            for purpose in purposes:
                audit.record(tx, "tests.Deed", new_id(), purpose)

    async def seal(self):
        connection = await asyncpg.connect(self.access.relay)
        try:
            # What another notary sent before it was ended may still be under way.
            await connection.execute("SELECT pg_advisory_lock(hashtext('dealtrail.audit'))")
            while await self.notary.seal_pending(connection):
                pass
        finally:
            await connection.close()

    async def verify(self, known=None):
        connection = await asyncpg.connect(self.access.owner)
        try:
            return await verify.verify(connection, SECRET, known or {})
        finally:
            await connection.close()

    async def broken(self, known=None):
        """The numbers of the entries that the verifier names."""
        return [fault.number for fault in (await self.verify(known))[1]]

    async def tamper(self, statement, *arguments):
        """As somebody who may do everything in the database, but has no secret."""
        connection = await asyncpg.connect(self.access.owner)
        try:
            await connection.execute("ALTER TABLE audit DISABLE TRIGGER append_only")
            await connection.execute("ALTER TABLE audit NO FORCE ROW LEVEL SECURITY")
            await connection.execute(statement, *arguments)
            await connection.execute("ALTER TABLE audit ENABLE TRIGGER append_only")
            await connection.execute("ALTER TABLE audit FORCE ROW LEVEL SECURITY")
        finally:
            await connection.close()

    async def rows(self, query):
        connection = await asyncpg.connect(self.access.owner)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()


@pytest.fixture
async def log(fresh_database):
    access = await fresh_database("leads")
    database = await Database.connect(access.app)
    yield Log(access, database)
    await database.close()


@pytest.fixture
async def boss(log):
    """Somebody with five entries, sealed."""
    who = person("BOSS")
    await log.write(who, *"12345")
    await log.seal()
    return who


async def test_entries_are_numbered_without_a_gap_however_many_write_at_once(log):
    people = [person("BOSS") for _ in range(3)]
    sealing = asyncio.create_task(log.notary.run())
    await asyncio.gather(*(log.write(people[n % 3], *"abc"[: 1 + n % 3]) for n in range(90)))
    sealing.cancel()
    await asyncio.gather(sealing, return_exceptions=True)
    await log.seal()
    lengths, faults = await log.verify()
    assert faults == []
    assert sum(lengths.values()) == 180
    numbers = await log.rows("SELECT tenant_id, array_agg(number ORDER BY number) AS n FROM audit GROUP BY 1")
    assert all(row["n"] == list(range(1, lengths[row["tenant_id"]] + 1)) for row in numbers)


async def test_what_was_rolled_back_leaves_no_entry(log, boss):
    async def fail():
        async with log.database.transaction(boss) as tx:
            audit.record(tx, "tests.Deed", new_id())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await log.seal()
    assert await log.verify() == ({boss.tenant_id: 5}, [])


@pytest.mark.parametrize(
    ("tampering", "first_broken"),
    [
        ("UPDATE audit SET purpose = 'harmless' WHERE number = 3", 3),
        ("UPDATE audit SET at = at - interval '1 day' WHERE number = 1", 1),
        ("UPDATE audit SET actor_id = gen_random_uuid() WHERE number = 5", 5),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("UPDATE audit SET number = CASE number WHEN 2 THEN -3 ELSE -2 END WHERE number IN (2, 3)", 1),
        ("DELETE FROM audit WHERE number = 2; UPDATE audit SET number = number - 1 WHERE number > 2", 2),
        ("UPDATE audit a SET purpose = b.purpose FROM audit b WHERE a.number = 2 AND b.number = 4", 2),
    ],
)
async def test_the_verifier_names_the_first_entry_that_was_tampered_with(log, boss, tampering, first_broken):
    assert await log.broken() == []
    await log.tamper(tampering)
    assert await log.broken() == [first_broken]


async def test_two_entries_that_changed_places_are_found(log, boss):
    await log.tamper("UPDATE audit SET number = -number WHERE number IN (2, 3)")
    await log.tamper("UPDATE audit SET number = 5 + number WHERE number IN (-2, -3)")
    assert await log.broken() == [2]


async def test_a_chain_made_without_the_secret_does_not_hold(log, boss):
    """Whoever rewrites an entry may rewrite all seals after it, but not so that they are right."""
    rows = await log.rows("SELECT * FROM audit ORDER BY number")
    before = b""
    for row in rows:
        entry = dict(row) | {"purpose": "harmless"}
        before = seal(chain_key(b"a guess"), before, row["number"], entry)
        await log.tamper("UPDATE audit SET purpose = 'harmless', seal = $1 WHERE number = $2", before, row["number"])
    assert await log.broken() == [1]


async def test_an_entry_that_was_added_by_hand_is_found(log, boss):
    await log.tamper(
        "INSERT INTO audit SELECT tenant_id, gen_random_uuid(), actor_id, action, subject_id, purpose, at, 6, seal "
        "FROM audit WHERE number = 5"
    )
    assert await log.broken() == [6]


async def test_a_chain_cut_at_its_end_is_found_by_a_head_that_was_kept(log, boss):
    connection = await asyncpg.connect(log.access.owner)
    heads = verify.read_heads(orjson.dumps(head).decode() for head in await verify.kept(connection))
    await connection.close()
    assert await log.broken(heads) == []
    await log.tamper("DELETE FROM audit WHERE number >= 4")
    assert await log.broken() == []
    assert await log.broken(heads) == [4]


async def test_an_entry_that_nobody_seals_is_found(log, boss):
    await log.write(boss, "late")
    assert await log.broken() == []
    await log.tamper("UPDATE audit SET at = at - interval '2 minutes' WHERE number IS NULL")
    assert await log.broken() == [0]


async def test_one_tenants_broken_chain_does_not_hide_anothers(log, boss):
    other = person("BOSS")
    await log.write(other, *"12")
    await log.seal()
    await log.tamper("UPDATE audit SET purpose = '' WHERE tenant_id = $1 AND number = 2", other.tenant_id)
    lengths, [fault] = await log.verify()
    assert lengths[boss.tenant_id] == 5
    assert (fault.tenant, fault.number) == (other.tenant_id, 2)


@pytest.mark.parametrize("role", ["app", "relay", "owner"])
async def test_no_role_may_change_or_delete_an_entry(log, boss, role):
    connection = await asyncpg.connect(getattr(log.access, role))
    before = await log.rows("SELECT * FROM audit ORDER BY number")

    async def attempt(statement):
        async with connection.transaction():
            await connection.execute(f"SET LOCAL app.tenant = '{boss.tenant_id}'")
            await connection.execute(statement)

    for statement in (
        "UPDATE audit SET purpose = 'harmless'",
        "UPDATE audit SET seal = 'x' WHERE number = 1",
        "UPDATE audit SET number = 7, seal = 'x' WHERE number = 1",
        "DELETE FROM audit",
    ):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RaiseError)):
            await attempt(statement)
    await connection.close()
    assert await log.rows("SELECT * FROM audit ORDER BY number") == before


async def test_a_second_notary_waits_for_the_first(log, boss):
    second = Notary(log.access.relay, SECRET)
    tasks = [asyncio.create_task(one.run()) for one in (log.notary, second)]
    for n in range(40):
        await log.write(boss, str(n))
    await asyncio.sleep(1.2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await log.seal()
    assert await log.verify() == ({boss.tenant_id: 45}, [])


async def test_the_command_says_which_entry_is_broken_and_fails(log, boss, tmp_path):
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "secret").chmod(0o600)
    told = {"DEALTRAIL_MIGRATION_URL": log.access.owner, "DEALTRAIL_TOKEN_SECRET": str(tmp_path / "secret")}

    async def run(*arguments):
        command = [sys.executable, "-m", "services.kit.verify", *arguments]
        return await asyncio.to_thread(
            subprocess.run, command, env=os.environ | told, capture_output=True, text=True, check=False
        )

    whole = await run("log")
    assert (whole.returncode, whole.stdout) == (0, f"{boss.tenant_id}: whole, 5 entries\n")
    heads = await run("heads")
    (tmp_path / "heads").write_text("another line of a log\n" + heads.stdout)
    assert UUID(orjson.loads(heads.stdout)["tenant"]) == boss.tenant_id
    await log.tamper("DELETE FROM audit WHERE number = 5")
    cut = await run("log", "--heads", str(tmp_path / "heads"))
    assert (cut.returncode, cut.stdout) == (1, f"{boss.tenant_id}: entry 5: is missing, and so is all up to 5\n")


async def test_entries_before_an_instant_are_read_with_and_without_an_id(log, boss):
    async with log.database.transaction(boss, read_only=True) as tx:
        newest = await EntriesServicer("leads").ReadEntries(pb.ReadEntriesRequest(limit=9), tx)
        at, last = newest.entries[0].create_time, newest.entries[0].id
        for asked, left in (({}, 0), ({"before_id": last}, len(newest.entries) - 1)):
            request = pb.ReadEntriesRequest(limit=9, before=at, **asked)
            assert len((await EntriesServicer("leads").ReadEntries(request, tx)).entries) == left
