"""Merges in PostgreSQL; what follows an account that was merged; and accounts that have the same marks."""

from dealtrail.leads.v1 import merges_pb2 as pb
from sqlalchemy import Column, ColumnElement, Select, Table, Uuid, any_, bindparam, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.sql.expression import Executable

from services.kit import aliases
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query, Variants
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.account_plans.store import table as account_plans_table
from services.leads.account_plans.store import versions_table as account_plan_versions_table
from services.leads.account_research.store import cells_table, notes_table
from services.leads.accounts.store import accounts_table, contacts_table, of_account, standing
from services.leads.activity.store import sale_lines_table, sales_table, touches_table
from services.leads.collisions.domain import State as CollisionState
from services.leads.collisions.store import collisions_table
from services.leads.collisions.store import deals_table as collision_deals
from services.leads.contact_merges.store import table as contact_merges_table
from services.leads.development.store import entries_table as development_table
from services.leads.issues.store import table as issues_table
from services.leads.matching.store import marks_table
from services.leads.merges.domain import Merge, State
from services.leads.metadata import metadata
from services.leads.plan_actions.store import table as plan_actions_table
from services.leads.relation_levels.store import table as relation_levels_table
from services.leads.relation_walls.store import table as wall_scores_table
from services.leads.strategic_accounts.store import table as selections_table
from services.leads.wallets.store import table as spends_table

_tenant = bindparam("tenant_id", type_=Uuid)
_id = bindparam("id", type_=Uuid)

table = tenant_table(
    "merges",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    uuid_column("duplicate_id"),
    text_column("purpose"),
    uuid_column("merged_by"),
    json_column("changes"),
    Column("joined", ARRAY(Uuid), nullable=False),
    json_column("moved"),
    text_column("state"),
    text_column("undo_purpose"),
    uuid_column("undone_by", nullable=True),
    time_column("undo_time", nullable=True),
    sealed_column(),
    *change_columns(),
)
codec = Codec(Merge, pb.Merge)
seen = of_account(table)
sealing = Sealing(table, ("purpose", "undo_purpose"))
merges = Store(table, codec, "merge", "客户合并", sight=seen, sealing=sealing)
listing = Listing(
    table,
    filters={
        "account_id": by_id(table.c.account_id),
        "duplicate_id": by_id(table.c.duplicate_id),
        "state": by_enum(table.c.state, pb.Merge.State),
    },
    orders=("create_time desc",),
    sight=seen,
    sealing=sealing,
)
STANDING_INTO = Query(
    sealing.select().where(table.c.tenant_id == _tenant, table.c.account_id == _id, table.c.state == State.MERGED.value)
)
"""The merges into an account that stand."""

_a = accounts_table.c
FREED = Query(select(accounts_table).where(_a.tenant_id == _tenant, _a.id == _id).with_for_update())
"""An account of the tenant, whoever sees it: undoing a merge reaches both."""

KINDS: dict[str, Table] = {
    "contacts": contacts_table,
    "contactMerges": contact_merges_table,
    "issues": issues_table,
    "relationLevels": relation_levels_table,
    "wallScores": wall_scores_table,
    "developmentEntries": development_table,
    "touchpoints": touches_table,
    "deals": collision_deals,
    "contracts": sales_table,
    "contractLines": sale_lines_table,
    "spends": spends_table,
    "accountPlans": account_plans_table,
    "accountPlanVersions": account_plan_versions_table,
    "planActions": plan_actions_table,
    "researchNotes": notes_table,
    "fitCells": cells_table,
    "selections": selections_table,
}
"""What follows an account here. Other services let theirs follow as they are told."""
FOLLOW = {kind: aliases.follow(rows, "account_id") for kind, rows in KINDS.items()}


def _count(kind: str, rows: Table) -> Select[*tuple[str, int]]:
    counted = func.count().label("rows")
    return select(literal(kind).label("kind"), counted).where(rows.c.tenant_id == _tenant, rows.c.account_id == _id)


COUNTS = Query(union_all(*(_count(kind, rows) for kind, rows in KINDS.items())))
_c = collisions_table.c
UNDECIDED = Query(
    select(_c.id).where(
        _c.tenant_id == _tenant,
        _c.row_ids.contains(array([_id, bindparam("other", type_=Uuid)])),
        (_c.state == CollisionState.OPEN.value) | (_c.state == CollisionState.APPEALED.value),
    )
)
"""A collision between two accounts that waits for somebody."""

MOST = 2000
"""Matches that one look takes in: a brand that more companies share says nothing."""
NAMES = ("name", "uscc")
_my, _their = accounts_table.alias("my"), accounts_table.alias("their")
_mine, _theirs = marks_table.alias("mine"), marks_table.alias("theirs")


def _same_marks(reach: str) -> Executable:
    of_account = _mine.c.row_id == any_(aliases.family(array([_id])))
    same: ColumnElement[bool] = (_theirs.c.tenant_id == _mine.c.tenant_id) & (_theirs.c.mark == _mine.c.mark)
    of_other = (_a.tenant_id == _theirs.c.tenant_id) & (_a.id == aliases.root(_theirs.c.row_id))
    names = (one.c[name].label(f"{whose}_{name}") for whose, one in (("my", _my), ("their", _their)) for name in NAMES)
    return (
        select(accounts_table, _mine.c.sign.label("sign"), *names)
        .join_from(_mine, _theirs, same)
        .join(accounts_table, of_other)
        .join(_my, (_my.c.tenant_id == _mine.c.tenant_id) & (_my.c.id == _mine.c.row_id))
        .join(_their, (_their.c.tenant_id == _theirs.c.tenant_id) & (_their.c.id == _theirs.c.row_id))
        .where(_mine.c.tenant_id == _tenant, of_account, _a.id != _id, standing(reach))
        .limit(MOST)
    )


SAME_MARKS = Variants(_same_marks)
"""Accounts that exist for the caller and have a mark of this one, once for each; by what names the marks were made."""
