"""P7 to P9: what one page, one number and one event cost when there is more and more data; drawn as a picture."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
from dealtrail.leads.v1 import events_pb2
from dealtrail.timeline.v1 import entries_pb2

from deploy.local.roles import Access
from deploy.local.shared import shared_postgres
from services.kit import page_tokens
from services.kit.database import Database, Tx
from services.kit.events import Envelope
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.visibility import SYSTEM
from services.timeline.entries.consumers import tell
from services.timeline.entries.rpc import EntriesServicer
from tests.bench import answers
from tests.bench.loading import unhindered
from tests.bench.picture import Series, chart
from tests.bench.report import Measurement
from tests.databases import Cluster

SIZES = (10_000, 50_000, 100_000, 1_000_000, 5_000_000)
FACTS = (10_000, 100_000, 1_000_000, 5_000_000)
FEW, FEW_FACTS = 50_000, 100_000
"""What the most is held against."""
TENANT, BOSS_ID = UUID(int=7), UUID(int=1)
BOSS = Principal(TENANT, BOSS_ID, "BOSS", None)
REP = Principal(TENANT, UUID(int=1003), "REP", None)
MANAGER = Principal(TENANT, UUID(int=2), "MANAGER", None, (UUID(int=100_001),))
SYSTEM_OF = Principal(TENANT, UUID(int=0), SYSTEM, None)
ACCOUNTS = 100
ENTRIES = """
INSERT INTO entries (tenant_id, id, kind, category, occurred_time, recorded_time, actor_id, facts, visibility,
  account_id, deal_id, seen_as, owner_id, team_id, collaborators, version)
SELECT $1, md5('entry' || n)::uuid, 'dealtrail.leads.v1.LeadQualified', 'STATE',
  timestamptz '2024-01-01' + n * interval '7 seconds', now(), $2, '{}', 'NORMAL',
  md5('account' || n % $5)::uuid, md5('deal' || n % ($5 * 10))::uuid, md5('deal' || n % ($5 * 10))::uuid,
  lpad(to_hex(1000 + n / $5 % 20), 32, '0')::uuid, lpad(to_hex(100000 + n / $5 % 5), 32, '0')::uuid, '{}', 1
FROM generate_series($3::int, $4::int) n"""


def grow(folder: Path, sizes: tuple[int, ...] = SIZES, fact_sizes: tuple[int, ...] = FACTS) -> list[Measurement]:
    """Measure at every size and judge the largest against the smaller; growth.svg is drawn anew after every size."""
    page_tokens.sign_with(b"the bench")
    found = Found(folder)
    with tempfile.TemporaryDirectory() as home, shared_postgres(Path(home)) as server:
        cluster = Cluster(server, "growth")
        asyncio.run(_timeline(cluster, sizes, found))
        asyncio.run(_analytics(cluster, fact_sizes, found))
    return [_judge_page(found, max(sizes)), *_judge_numbers(found)]


@dataclass
class Found:
    """What has been measured so far, by what is asked and by how much data there is."""

    folder: Path
    shown: dict[str, dict[float, float]] = field(default_factory=dict)
    """Medians in ms."""
    numbers: dict[str, dict[int, answers.Timed]] = field(default_factory=dict)

    beside: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Medians in ms with most data and with few, measured in turn."""

    def show(self, name: str, size: int, ms: float) -> None:
        """Keep a median."""
        self.shown.setdefault(name, {})[size] = ms

    def say(self, size: int, medians: dict[str, float]) -> None:
        """A line a size, and the picture as far as it is known: the largest takes long."""
        print(f"at {size:,}: " + ", ".join(f"{name} {ms:.2f} ms" for name, ms in medians.items()), flush=True)
        lines: dict[str, Series] = {name: list(at.items()) for name, at in self.shown.items()}
        for name, timed in self.numbers.items():
            lines[name] = [(size, one.p50) for size, one in timed.items()]
        self.folder.mkdir(exist_ok=True)
        picture = chart("Cost with data", "touchpoints or facts", "milliseconds, median", lines)
        (self.folder / "growth.svg").write_text(picture)


async def _timeline(cluster: Cluster, sizes: tuple[int, ...], found: Found) -> None:
    """What a page and an event cost at every size."""
    async with cluster.fresh("timeline") as access:
        owner = await asyncpg.connect(access.owner)
        await owner.execute(f"SET app.tenant = '{TENANT}'")
        database = await Database.connect(access.app)
        made = 0
        for size in sizes:
            began = time.perf_counter()
            async with unhindered(owner, "entries"):
                await owner.execute(ENTRIES, TENANT, BOSS_ID, made + 1, size, ACCOUNTS, timeout=3600)
            print(f"{size:,} entries after {time.perf_counter() - began:.0f} s", flush=True)
            made = size
            for name, who, ask in ASKED:
                found.show(name, size, await _median(database, who, ask))
            found.say(size, {name: at[size] for name, at in found.shown.items()})
        async with cluster.fresh("timeline") as small:
            found.beside["timeline page"] = await _beside(database, small)
        await database.close()
        await owner.close()


async def _beside(most: Database, access: Access) -> tuple[float, float]:
    """What a page takes there and where there are FEW entries, in turn: both have what else the machine does."""
    owner = await asyncpg.connect(access.owner)
    await owner.execute(f"SET app.tenant = '{TENANT}'")
    async with unhindered(owner, "entries"):
        await owner.execute(ENTRIES, TENANT, BOSS_ID, 1, FEW, ACCOUNTS, timeout=3600)
    await owner.close()
    few = await Database.connect(access.app)
    rounds = [(await _median(most, BOSS, _page, 50), await _median(few, BOSS, _page, 50)) for _ in range(10)]
    await few.close()
    return median(one for one, _ in rounds), median(other for _, other in rounds)


def _account(number: int) -> str:
    return str(UUID(md5(f"account{number % ACCOUNTS}".encode(), usedforsecurity=False).hexdigest()))


async def _page(tx: Tx, number: int) -> None:
    request = entries_pb2.ListTimelineRequest(account_id=_account(number), page_size=50)
    page = await EntriesServicer().ListTimeline(request, tx)
    assert page.entries


async def _event(tx: Tx, number: int) -> None:
    lead, now = new_id(), datetime.now(UTC)
    event = events_pb2.LeadCaptured()
    event.lead.id, event.lead.account_id = str(lead), _account(number)
    name = event.DESCRIPTOR.full_name
    await tell(tx, [(event, Envelope(new_id(), TENANT, name, BOSS.user_id, now, now, lead, 1, REP.user_id, None, ()))])


async def _median(
    database: Database, who: Principal, ask: Callable[[Tx, int], Awaitable[None]], times: int = 300
) -> float:
    spent = []
    for number in range(times):
        began = time.perf_counter()
        async with database.transaction(who, read_only=ask is _page) as tx:
            await ask(tx, number)
        spent.append((time.perf_counter() - began) * 1e3)
    return median(spent)


ASKED = (
    ("timeline page", BOSS, _page),
    ("timeline page of a manager", MANAGER, _page),
    ("timeline page of a rep", REP, _page),
    ("one event applied", SYSTEM_OF, _event),
)


async def _analytics(cluster: Cluster, sizes: tuple[int, ...], found: Found) -> None:
    """What the boss's numbers take at every size."""
    for size in sizes:
        async with cluster.fresh("analytics") as access:
            _, timed = await answers.measure(access, size)
            if size == max(sizes):
                async with cluster.fresh("analytics") as small:
                    await answers.fill(small, FEW_FACTS)
                    found.beside |= await answers.side_by_side(access, small)
        for one in timed:
            if one.role == "BOSS":
                found.numbers.setdefault(one.name, {})[size] = one
        found.say(size, {name: at[size].p50 for name, at in found.numbers.items()})


def _judge_page(found: Found, most: int) -> Measurement:
    notes: dict[str, Any] = {
        f"{name} at {size:,}": f"{ms:.2f} ms" for name, at in found.shown.items() for size, ms in at.items()
    }
    what, floor = f"timeline page of 50 at {most:,} touchpoints, p50", f"the same at {FEW:,}, in turn, ms"
    return Measurement("P7", what, "ms", *found.beside["timeline page"], floor, 1.5, 1.2, False, notes)


def _judge_numbers(found: Found) -> list[Measurement]:
    judged = []
    for name, at in found.numbers.items():
        top = at[max(at)]
        what = f"{name} at {max(at):,} facts"
        scan = Measurement("P8", f"{what}, p99", "ms", top.p99, top.scan, "a scan, ms", 1 / 50, 1 / 300, False)
        floor = f"the same at {FEW_FACTS:,}, in turn, ms"
        judged += [scan, Measurement("P9", f"{what}, p50", "ms", *found.beside[name], floor, 2, 1.3, False)]
    return judged
