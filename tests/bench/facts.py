"""Any number of made-up facts, and their sums as the service itself would keep them."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg

from services.analytics.days import Grain
from services.analytics.deals.domain import GRAINS
from tests.bench.loading import unhindered

TENANT = UUID(int=7)
TODAY = date(2024, 12, 31)
FIRST = TODAY - timedelta(days=730)
OWNERS, TEAMS = 200, 20

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
INSERT INTO described_leads SELECT '$tenant', d.id, jsonb_build_object(
    'age', ('{18-20,20-25,25-35,35-50}'::text[])[1 + d.amount::int % 4],
    'education', ('{大专,大本,硕士}'::text[])[1 + d.amount::int % 3], 'city', 'C' || d.amount::int % 8),
  1, d.owner_id, d.team_id, 'K' || d.amount::int % 12, d.open_day, d.state = 'WON' FROM deals d;
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
INSERT INTO base SELECT owner_id, team_id, series, product, CASE series WHEN 'RESTING' THEN entered
  ELSE date_trunc('month', entered)::date END, stage, 'RESTING', expected_days, count(*), sum(amount), 0
  FROM stood, unnest(ARRAY['RESTING', 'RESTING_BY_MONTH']) series WHERE outcome = '' GROUP BY 1, 2, 3, 4, 5, 6, 8;
INSERT INTO base SELECT owner_id, team_id, series || '_BY_PRODUCT', product, start, stage, state, expected_days,
  deals, amount, days FROM base;
UPDATE base SET product = '' WHERE series NOT LIKE '%BY_PRODUCT';
"""
SPREAD = """INSERT INTO deal_rollups SELECT '$tenant', '{level}', {owner}, {team}, series, product, start, 'B2B', stage,
  state, expected_days, 'CNY', sum(deals), sum(amount), sum(days) FROM base
GROUP BY {owner}, {team}, series, product, start, stage, state, expected_days"""
DEBTS = """INSERT INTO receivable_rollups SELECT '$tenant', '{level}', {owner}, {team}, grain || by_due,
  date_trunc(grain, day)::date, CASE by_due WHEN '' THEN due_day ELSE date_trunc('month', due_day)::date END, deed,
  'CNY', sum(amount), sum(count) FROM (
    SELECT owner_id, team_id, sign_day AS day, due_day, 'BILLED' AS deed, amount, 1 AS count FROM instalments
    UNION ALL SELECT owner_id, team_id, p.day, due_day, CASE WHEN p.day <= due_day THEN 'PAID' ELSE 'PAID_LATE' END,
      p.amount, 1
    FROM payments p JOIN instalments i ON i.id = p.instalment_id) f, unnest(ARRAY['DAY', 'MONTH']) grain,
  unnest(ARRAY['', '_BY_DUE_MONTH']) by_due
GROUP BY {owner}, {team}, grain || by_due, 6, 7, deed"""
PERSONAS = """INSERT INTO persona_rollups SELECT '$tenant', '{level}', {owner}, {team}, grain,
  date_trunc(grain, capture_day)::date, channel, attribute, value, count(*), count(*) FILTER (WHERE signed)
FROM described_leads, unnest(ARRAY['DAY', 'MONTH']) grain,
  LATERAL (SELECT '' AS attribute, '' AS value UNION ALL SELECT * FROM jsonb_each_text(values)) v
GROUP BY {owner}, {team}, grain, date_trunc(grain, capture_day), channel, attribute, value"""
NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
LEVELS = (("OWNER", "owner_id", "team_id"), ("TEAM", NOBODY, "team_id"), ("TENANT", NOBODY, NOBODY))


async def make(connection: asyncpg.Connection, facts: int) -> int:
    """Make facts up, and their sums; how many facts there are."""

    async def run(text: str) -> None:
        sizes = {"owners": OWNERS, "teams": TEAMS, "deals": facts // 7}
        for name, value in (sizes | {"first": FIRST, "today": TODAY, "tenant": TENANT}).items():
            text = text.replace(f"${name}", str(value))
        await connection.execute(text)

    tables = ("deals", "stage_spans", "instalments", "payments", "described_leads")
    async with unhindered(connection, *tables, "deal_rollups", "receivable_rollups", "persona_rollups"):
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
            await run(PERSONAS.format(level=level, owner=owner, team=team))
    return sum([await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables])
