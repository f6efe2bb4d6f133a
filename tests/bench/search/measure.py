"""What people type, how long the service takes to find it, and how long PostgreSQL takes for one row by its key."""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import asyncpg
import pypinyin

from deploy.local.shared import shared_postgres
from services.kit.database import Database
from services.kit.principal import Principal
from services.kit.vault import KEY_BYTES, MasterKeys
from services.leads.search.domain import Kind
from services.leads.search.operations import search
from tests.bench.report import Measurement
from tests.bench.search.rows import BOSS, REP, TENANT, TRADES, Made, fill
from tests.databases import Cluster

TIMES = 100
SIZE = 20
SEED = 5
BARE = "SELECT * FROM leads WHERE tenant_id = $1 AND id = $2"


def _sound(text: str) -> str:
    return "".join(pypinyin.lazy_pinyin(text))


TYPED: Mapping[str, Callable[[Made], str]] = {
    "part of a name": lambda made: made.brand[1:],
    "beginning of a name": lambda made: made.company[:5],
    "a common word": lambda made: TRADES[made.number % len(TRADES)],
    "pinyin": lambda made: _sound(made.brand),
    "pinyin begun": lambda made: _sound(made.company[:4])[:-1],
    "initials": lambda made: "".join(one[0] for one in pypinyin.lazy_pinyin(made.company[:7])),
    "a person": lambda made: made.contact_name,
    "end of a phone": lambda made: made.phone[-4:],
    "a phone": lambda made: made.phone,
    "a code": lambda made: made.uscc,
}


def among(size: int, *, explain: bool = False) -> list[Measurement]:
    """P22: the p99 of searches among so many leads, for the boss and for a rep who sees one of a hundred."""
    with tempfile.TemporaryDirectory() as home, shared_postgres(Path(home)) as server:
        return asyncio.run(_measured(Cluster(server, "search"), size, explain))


async def _measured(cluster: Cluster, size: int, explain: bool) -> list[Measurement]:
    masters = MasterKeys({"bench": os.urandom(KEY_BYTES)})
    secret = os.urandom(KEY_BYTES)
    async with cluster.fresh("leads") as access:
        superuser = cluster.url.rpartition("/")[0] + "/" + access.app.rpartition("/")[2]
        owner = await asyncpg.connect(superuser)
        wrapped = masters.wrap(secret, TENANT)
        await owner.execute("INSERT INTO tenant_keys VALUES ($1, $2, $3)", TENANT, masters.newest, wrapped)
        began = time.perf_counter()
        await fill(superuser, secret, size)
        print(f"{size:,} leads in {time.perf_counter() - began:.0f} s", flush=True)
        if explain:
            await owner.execute(EXPLAINED.format(name=access.app.rpartition("/")[2]))
        floor = await _bare(owner, size)
        await owner.close()
        database = await Database.connect(access.app, masters=masters)
        try:
            return [
                await _asked(database, who, size, typed, floor)
                for who in (("boss", BOSS), ("rep", REP))
                for typed in TYPED
            ]
        finally:
            await database.close()


EXPLAINED = """ALTER DATABASE {name} SET session_preload_libraries = 'auto_explain';
ALTER DATABASE {name} SET auto_explain.log_min_duration = 20; ALTER DATABASE {name} SET auto_explain.log_analyze = on"""


async def _bare(connection: asyncpg.Connection, size: int) -> float:
    """p99 of one lead by its key, in ms."""
    known = [
        row[0] for row in await connection.fetch(f"SELECT id FROM leads TABLESAMPLE BERNOULLI ({min(100, 1e6 / size)})")
    ]
    choice = random.Random(SEED)
    waits = []
    for _ in range(TIMES):
        sought = choice.choice(known)
        began = time.perf_counter()
        await connection.fetchrow(BARE, TENANT, sought)
        waits.append(time.perf_counter() - began)
    return sorted(waits)[int(TIMES * 0.99)] * 1e3


async def _asked(database: Database, who: tuple[str, Principal], size: int, typed: str, floor: float) -> Measurement:
    choice = random.Random(SEED)
    waits, hits = [], 0
    for _ in range(TIMES):
        made = Made(choice.randrange(size))
        while who[1] == REP and made.owner_id != REP.user_id:
            made = Made(choice.randrange(size))
        text = TYPED[typed](made)
        began = time.perf_counter()
        async with database.transaction(who[1], read_only=True) as tx:
            hits += len(await search(tx, text, Kind, SIZE))
        waits.append((time.perf_counter() - began) * 1e3)
    waits.sort()
    p50, p99 = waits[TIMES // 2], waits[int(TIMES * 0.99)]
    print(
        f"{who[0]}, {typed}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, hits {hits / TIMES:.1f}, floor {floor:.2f}", flush=True
    )
    notes: dict[str, float | str] = {f"{typed}, by a {who[0]}, p50, ms": f"{p50:.2f}", "hits": f"{hits / TIMES:.1f}"}
    what = f"search among {size:,} leads, {typed}, by a {who[0]}, p99"
    return Measurement("P22", what, "ms", p99, floor, "a lead by its key, p99, ms", 100, 20, False, notes)
