"""Models and decisions in PostgreSQL. Decisions are kept as they were given; of each account the newest is in force.

Where a merge brings together two that are, the survivor's own is (see kit.aliases.foremost).
"""

from dealtrail.leads.v1 import strategic_accounts_pb2 as pb
from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Integer, Text, Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.kit.aliases import foremost, merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sql import Query, Variants
from services.kit.store import Store
from services.kit.tables import json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.accounts.store import accounts_table, of_account, standing
from services.leads.activity.store import sales_table
from services.leads.cycles.domain import Move
from services.leads.cycles.store import cycles_table, standings_table
from services.leads.metadata import metadata
from services.leads.strategic_accounts.domain import (
    Decision,
    Selection,
    SelectionModel,
    SelectionScore,
    StrategicFigures,
)
from services.leads.wallets.store import COUNTS
from services.leads.wallets.store import table as spends_table

models_table = tenant_table(
    "selection_models",
    metadata,
    Column("version", Integer, nullable=False),
    json_column("criteria"),
    uuid_column("author_id"),
    time_column("create_time"),
    key=("version",),
)
table = tenant_table(
    "selections",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    text_column("decision"),
    text_column("reason"),
    Column("score", Double),
    Column("model_version", Integer, nullable=False),
    json_column("findings"),
    Column("review_date", Date, nullable=False),
    uuid_column("author_id"),
    time_column("create_time"),
    Column("current", Boolean, nullable=False),
    Column("reminded", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
)
t, m, a, s = table.c, models_table.c, accounts_table.c, sales_table.c
codec = Codec(Selection, pb.Selection)
model_codec = Codec(SelectionModel, pb.SelectionModel)
score_codec = Codec(SelectionScore, pb.SelectionScore)
figures_codec = Codec(StrategicFigures, pb.StrategicFigures)
_seen = of_account(table)
selections = Store(table, codec, "selection", "客户评审", sight=_seen)
IN_FORCE = foremost(table, "account_id", among="current")
shown = select(*(one for one in t if one.name != "current"), IN_FORCE.label("current")).subquery("shown")
_shown_seen = of_account(shown)
history = Listing(
    shown, filters={"account_id": by_id(shown.c.account_id)}, orders=("create_time desc",), sight=_shown_seen
)
listing = Listing(
    shown,
    filters={"decision": by_enum(shown.c.decision, pb.Selection.Decision)},
    orders=("create_time desc", "create_time", "score desc", "score", "review_date", "review_date desc"),
    within=shown.c.current,
    sight=_shown_seen,
)

_tenant = bindparam("tenant_id", type_=Uuid)
_account = bindparam("account_id", type_=Uuid)
ADD_MODEL = Query(
    insert(models_table)
    .values({one.name: bindparam(one.name, type_=one.type) for one in models_table.columns})
    .on_conflict_do_nothing()
)
MODELS = Query(select(models_table).where(m.tenant_id == _tenant).order_by(m.version.desc()))
REPLACE = Query(
    update(table)
    .where(t.tenant_id == _tenant, t.account_id == _account, t.merged_from.is_(None), t.current)
    .values(current=False)
    .returning(t.version, t.decision)
)
_standing, _cycle = standings_table.c, cycles_table.c
QUINTILE = Query(
    select(_standing.quintile, _standing.move)
    .join(cycles_table, (_cycle.tenant_id == _standing.tenant_id) & (_cycle.id == _standing.cycle_id))
    .where(_standing.tenant_id == _tenant, _standing.account_id == _account)
    .order_by(_cycle.end_date.desc(), _cycle.create_time.desc())
    .limit(1)
)
"""Where it stood in the newest cycle that knows of it: Move.DROPPED tells that it has left the list since."""
LEFT = Move.DROPPED.value
_spend = spends_table.c
NEWEST_PERIOD = Query(
    select(_spend.period, _spend.amount_currency)
    .where(_spend.tenant_id == _tenant, _spend.account_id == _account, COUNTS)
    .order_by(_spend.end_date.desc(), _spend.start_date, _spend.create_time.desc())
    .limit(1)
)
AT_ONCE = 100
TO_REVIEW = Query(
    select(t.id, t.author_id, t.review_date, a.id.label("account_id"), a.name.label("account"), a.owner_id)
    .join(accounts_table, (a.tenant_id == t.tenant_id) & (a.id == t.account_id))
    .where(t.tenant_id == _tenant, IN_FORCE, ~t.reminded, t.review_date <= bindparam("today", type_=Date))
    .order_by(t.review_date, t.id)
    .limit(AT_ONCE)
    .with_for_update(of=table)
)
REMINDED = Query(update(table).where(t.tenant_id == _tenant, t.id == bindparam("id", type_=Uuid)).values(reminded=True))
BY_DECISION = Variants(
    lambda reach: select(t.decision, func.count().label("accounts")).where(_seen(reach), IN_FORCE).group_by(t.decision)
)
IN_SIGHT = Variants(lambda reach: select(func.count()).select_from(accounts_table).where(standing(reach)))
_run = t.decision == Decision.RUN.value
REVENUE = Variants(
    lambda reach: (
        select(
            func.coalesce(func.sum(s.amount).filter(_run), 0).label("strategic"),
            func.coalesce(func.sum(s.amount), 0).label("revenue"),
        )
        .select_from(sales_table)
        .outerjoin(table, (t.tenant_id == s.tenant_id) & (t.account_id == s.account_id) & IN_FORCE)
        .where(
            of_account(sales_table)(reach),
            s.amount_currency == bindparam("currency", type_=Text),
            s.sign_date.between(bindparam("start_date", type_=Date), bindparam("end_date", type_=Date)),
        )
    )
)
