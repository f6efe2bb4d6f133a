"""How fast numbers come at any number of made-up facts, against a scan of the facts themselves."""

import time
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import Date, Integer, and_, bindparam, case, func, literal, select, type_coerce, union_all

from services.analytics.days import Grain, Period
from services.analytics.deals.domain import GRAINS
from services.analytics.deals.store import deals
from services.analytics.funnel import operations as funnel
from services.analytics.funnel.domain import Counted, gather
from services.analytics.funnel.store import DEAL_BY_DEAL
from services.analytics.growth import domain as growth_domain
from services.analytics.growth import operations as growth
from services.analytics.growth.domain import figures
from services.analytics.instalments.store import instalments, payments
from services.analytics.receivables import operations as receivables
from services.analytics.rollups.store import END, START
from services.kit.database import Database
from services.kit.principal import Principal
from services.kit.sql import Variants
from services.kit.visibility import in_sight, reach
from tests.bench.loading import unhindered

TENANT = UUID(int=7)
TODAY = date(2024, 12, 31)
FIRST = TODAY - timedelta(days=730)
OWNERS, TEAMS = 200, 20
CUT_OFF_MS = 10_000.0
"""A scan that a service's connection gives up on after its statement_timeout took at least that long."""
BOSS = Principal(TENANT, UUID(int=1), "BOSS", None)
MANAGER = Principal(TENANT, UUID(int=1), "MANAGER", None, tuple(UUID(f"{100_000 + n:032d}") for n in range(3)))
REP = Principal(TENANT, UUID(f"{1003:032d}"), "REP", None)

FACTS = """
SELECT setseed(0.5);
CREATE TEMP TABLE made AS SELECT n, (1000 + n % $owners)::text owner, (100000 + n % $owners % $teams)::text team,
  'P' || n % 10 product, (random() * 90000)::int amount, date '$first' + (random() * 720)::int opened,
  ARRAY[(random() * 25)::int, (random() * 40)::int, (random() * 30)::int, (random() * 60)::int] stays,
  1 + (random() * 3)::int reached, random() < 0.92 ends, CASE WHEN random() < 0.6 THEN 'WON' ELSE 'LOST' END outcome
FROM generate_series(1, $deals) n;
CREATE TEMP TABLE stay AS SELECT n, place - 1 seq,
  opened + (SELECT coalesce(sum(s), 0)::int FROM unnest(stays[:place - 1]) s) entered,
  opened + (SELECT sum(s)::int FROM unnest(stays[:place]) s) ended, place = reached AS is_last, ends, outcome
FROM made, generate_series(1, reached) place;
DELETE FROM stay WHERE entered >= date '$today';
INSERT INTO stage_spans SELECT '$tenant', lpad(to_hex(n), 32, '0')::uuid, seq, 'STAGE' || seq, seq, 14 + seq * 7,
  entered,
  CASE WHEN ended >= date '$today' OR (is_last AND NOT ends) THEN date '9999-01-01' ELSE ended END,
  CASE WHEN ended >= date '$today' OR (is_last AND NOT ends) THEN '' WHEN is_last THEN outcome ELSE 'MOVED' END
FROM stay;
INSERT INTO deals SELECT '$tenant', s.deal_id, 'deal', lpad(owner, 32, '0')::uuid, lpad(team, 32, '0')::uuid,
  NULL, 'B2B', s.stage,
  CASE WHEN s.outcome = '' THEN 'OPEN' ELSE s.outcome END, product, amount, 'CNY', opened,
  CASE WHEN s.outcome = '' THEN NULL ELSE s.left END, 1, now(), '[]'
FROM made JOIN (SELECT DISTINCT ON (deal_id) * FROM stage_spans ORDER BY deal_id, seq DESC) s
  ON s.deal_id = lpad(to_hex(n), 32, '0')::uuid;
INSERT INTO stages SELECT '$tenant', 'B2B', 1, 'STAGE' || n, n, 'Stage ' || n, 14 + n * 7 FROM generate_series(0, 3) n;
INSERT INTO instalments SELECT '$tenant', d.id, d.id, d.open_day + 30 + d.amount::int % 60, d.amount + 1, 'CNY', 1,
  'HT', d.id, d.owner_id, d.team_id, d.open_day FROM deals d;
INSERT INTO payments SELECT '$tenant', id, due_day - 20 + amount::int % 50, amount FROM instalments
  WHERE due_day - 20 + amount::int % 50 < date '$today' AND amount::int % 13 <> 0;
ANALYZE deals; ANALYZE stage_spans; ANALYZE instalments; ANALYZE payments;
CREATE TEMP TABLE stood AS SELECT s.*, d.owner_id, d.team_id, d.product, d.amount FROM stage_spans s
  JOIN deals d ON d.id = s.deal_id;
ANALYZE stood;
CREATE TEMP TABLE base (owner_id uuid, team_id uuid, series text, product text, start date, stage text, state text,
  expected_days int, deals bigint, amount numeric, days bigint);
"""
FLOW = """INSERT INTO base SELECT owner_id, team_id, 'FLOW_{grain}', product, date_trunc('{grain}', {day})::date, '',
  {state}, 0, count(*), sum(amount), sum({days}) FROM deals WHERE {day} IS NOT NULL GROUP BY 1, 2, 4, 5, 7"""
STATES = """INSERT INTO base SELECT e.owner_id, e.team_id, 'STATE_{grain}', e.product, date '{start}', e.stage,
  CASE WHEN e.left < date '{end}' THEN e.outcome || CASE WHEN b.seq IS NULL THEN '_NEW' ELSE '' END
    WHEN b.seq = e.seq THEN 'RESTED_' || (SELECT count(*) FROM unnest(ARRAY[1, 1.5, 2, 3]) f
      WHERE date '{end}' - e.entered > f * e.expected_days)
    WHEN b.seq IS NULL THEN 'INFLOW' WHEN e.place > b.place THEN 'ADVANCED' ELSE 'MOVED_BACK' END,
  0, count(*), sum(e.amount), 0
FROM stood e LEFT JOIN stood b ON b.deal_id = e.deal_id AND b.entered < date '{start}' AND b.left >= date '{start}'
WHERE e.entered < date '{end}' AND (e.left >= date '{end}' OR (e.left >= date '{start}' AND e.outcome <> 'MOVED'))
  AND NOT (b.seq IS NOT DISTINCT FROM e.seq AND e.outcome = '') GROUP BY 1, 2, 4, 6, 7"""
SUMS = """
INSERT INTO base SELECT owner_id, team_id, 'RESTING', product, entered, stage, 'RESTING', expected_days,
  count(*), sum(amount), 0 FROM stood WHERE outcome = '' GROUP BY 1, 2, 4, 5, 6, 8;
INSERT INTO base SELECT owner_id, team_id, series || '_BY_PRODUCT', product, start, stage, state, expected_days,
  deals, amount, days FROM base;
UPDATE base SET product = '' WHERE series NOT LIKE '%BY_PRODUCT';
"""
SPREAD = """INSERT INTO deal_rollups SELECT '$tenant', '{level}', {owner}, {team}, series, product, start, 'B2B', stage,
  state, expected_days, 'CNY', sum(deals), sum(amount), sum(days) FROM base
GROUP BY {owner}, {team}, series, product, start, stage, state, expected_days"""
DEBTS = """INSERT INTO receivable_rollups SELECT '$tenant', '{level}', {owner}, {team}, grain,
  date_trunc(grain, day)::date, due_day, deed, 'CNY', sum(amount), sum(count) FROM (
    SELECT owner_id, team_id, sign_day AS day, due_day, 'BILLED' AS deed, amount, 1 AS count FROM instalments
    UNION ALL SELECT owner_id, team_id, p.day, due_day, CASE WHEN p.day <= due_day THEN 'PAID' ELSE 'PAID_LATE' END,
      p.amount, 1
    FROM payments p JOIN instalments i ON i.id = p.instalment_id) f, unnest(ARRAY['DAY', 'MONTH']) grain
GROUP BY {owner}, {team}, grain, date_trunc(grain, day), due_day, deed"""
NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
LEVELS = (("OWNER", "owner_id", "team_id"), ("TEAM", NOBODY, "team_id"), ("TENANT", NOBODY, NOBODY))


async def make(connection: asyncpg.Connection, facts: int) -> int:
    """Make facts up, and their sums; how many facts there are."""

    async def run(text: str) -> None:
        sizes = {"owners": OWNERS, "teams": TEAMS, "deals": facts // 6}
        for name, value in (sizes | {"first": FIRST, "today": TODAY, "tenant": TENANT}).items():
            text = text.replace(f"${name}", str(value))
        await connection.execute(text)

    tables = ("deals", "stage_spans", "instalments", "payments")
    async with unhindered(connection, *tables, "deal_rollups", "receivable_rollups"):
        await run(FACTS)
        for grain in ("DAY", "MONTH"):
            await run(FLOW.format(grain=grain, day="open_day", state="'OPENED'", days="0"))
            await run(FLOW.format(grain=grain, day="close_day", state="state", days="close_day - open_day"))
        for grain in GRAINS:
            for period in grain.between(grain.start(FIRST) - timedelta(days=1), TODAY + timedelta(days=366)):
                if grain is not Grain.WEEK or TODAY - timedelta(weeks=26) < period.start <= TODAY:
                    await run(STATES.format(grain=grain, start=period.start, end=period.end))
        await run(SUMS)
        for level, owner, team in LEVELS:
            await run(SPREAD.format(level=level, owner=owner, team=team))
            await run(DEBTS.format(level=level, owner=owner, team=team))
    return sum([await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables])


async def ask_funnel(tx, first, end):
    return (await funnel.count(tx, "B2B", Period(first, end), 1, "", "", ""))[0]


async def scan_funnel(tx, first, end):
    rows = await tx.fetch(DEAL_BY_DEAL(reach(tx.principal), False, False, False), start=first, end=end, factor=1)
    return gather((Counted(*row) for row in rows), "B2B", 1)


async def ask_growth(tx, first, end):
    return figures(await growth.count(tx, Period(first, end), "", owner_id="", team_id="", product=""), "CNY")


async def scan_growth(tx, first, end):
    rows = await tx.fetch(SCAN_GROWTH(reach(tx.principal)), start=first, end=end)
    return figures((growth_domain.Counted("", *row) for row in rows), "CNY")


async def ask_ageing(tx, first, end):
    found = (await receivables.sum_up(tx, end, Period(first, end), "", ""))["CNY"]
    return [(part.instalments, part.amount) for part in found.buckets.values()]


async def scan_ageing(tx, first, end):
    found = {row[0]: (row[1], row[2]) for row in await tx.fetch(SCAN_AGEING(reach(tx.principal)), as_of=end)}
    return [found.get(place, (0, 0)) for place in range(5)]


def _scan_growth(how_far):
    d = deals.c
    opened = and_(d.open_day >= START, d.open_day < END)
    closed = and_(d.close_day >= START, d.close_day < END)
    days = func.sum(type_coerce(d.close_day - d.open_day, Integer))
    entries = select(literal("OPENED"), d.currency, func.count(), func.sum(d.amount), literal(0))
    exits = select(d.state, d.currency, func.count(), func.sum(d.amount), days)
    return union_all(
        entries.where(in_sight(deals, how_far), opened).group_by(d.currency),
        exits.where(in_sight(deals, how_far), closed).group_by(d.state, d.currency),
    )


def _scan_ageing(how_far):
    i, p = instalments.c, payments.c
    day = bindparam("as_of", type_=Date)
    until = select(p.instalment_id, func.sum(p.amount).label("amount")).where(p.tenant_id == bindparam("tenant_id"))
    paid = until.where(p.day <= day).group_by(p.instalment_id).subquery()
    left = i.amount - func.coalesce(paid.c.amount, 0)
    age = type_coerce(day - i.due_day, Integer)
    bucket = case((age <= 0, 0), (age <= 30, 1), (age <= 60, 2), (age <= 90, 3), else_=4)
    return (
        select(bucket, func.count(), func.sum(left))
        .select_from(instalments.outerjoin(paid, paid.c.instalment_id == i.id))
        .where(in_sight(instalments, how_far), i.sign_day <= day, left > 0)
        .group_by(bucket)
    )


SCAN_GROWTH, SCAN_AGEING = Variants(_scan_growth), Variants(_scan_ageing)
ANSWERS = (
    ("funnel of a week", ask_funnel, scan_funnel, date(2024, 11, 4), date(2024, 11, 11)),
    ("funnel of a month", ask_funnel, scan_funnel, date(2024, 11, 1), date(2024, 12, 1)),
    ("funnel of a quarter", ask_funnel, scan_funnel, date(2024, 7, 1), date(2024, 10, 1)),
    ("funnel of a year", ask_funnel, scan_funnel, date(2024, 1, 1), date(2025, 1, 1)),
    ("growth of 100 days", ask_growth, scan_growth, date(2024, 7, 15), date(2024, 10, 23)),
    ("growth of a year", ask_growth, scan_growth, date(2024, 1, 1), date(2025, 1, 1)),
    ("ageing at a month's end", ask_ageing, scan_ageing, date(2024, 8, 1), date(2024, 10, 31)),
)


async def timed(database, who, answer, first, end, times):
    """The answer, and how many milliseconds it took: the median and the 99th percentile."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        async with database.transaction(who, read_only=True) as tx:
            found = await answer(tx, first, end)
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    return found, spent[len(spent) // 2], spent[int(len(spent) * 0.99)]


@dataclass(frozen=True)
class Timed:
    """What one answer takes whom, in milliseconds: from the sums, and from a scan of the facts."""

    name: str
    role: str
    p50: float
    p99: float
    scan: float


async def measure(access, facts, times=200):
    """The number of facts made up, and what each answer takes. Fails if sums and scan do not agree."""
    owner = await asyncpg.connect(access.owner)
    await owner.execute(f"SET app.tenant = '{TENANT}'")
    began = time.perf_counter()
    made = await make(owner, facts)
    print(f"{made:,} facts and their sums after {time.perf_counter() - began:.0f} s", flush=True)
    await owner.close()
    database = await Database.connect(access.app)
    found = []
    for name, ask, scan, first, end in ANSWERS:
        for who in (BOSS, MANAGER, REP):
            by_sums, p50, p99 = await timed(database, who, ask, first, end, times)
            try:
                by_scan, scanned, _ = await timed(database, who, scan, first, end, 3)
            except asyncpg.QueryCanceledError:
                scanned = CUT_OFF_MS
            else:
                assert by_sums == by_scan, (name, who.role, by_sums, by_scan)
            found.append(Timed(name, who.role, p50, p99, scanned))
    await database.close()
    return made, found
