"""Where persons stand in PostgreSQL, and what is held of them while the law demands it."""

from typing import Any

from sqlalchemy import ColumnElement, Table, Uuid, any_, bindparam, delete, func, select, union_all, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.expression import literal

from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query, insert_row
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.account_chains.store import approvals_table, pain_sealing
from services.leads.account_chains.store import change_sealing as chain_change_sealing
from services.leads.account_plans.store import table as plans_table
from services.leads.account_plans.store import versions_table as plan_versions_table
from services.leads.account_research.store import cells_table, notes_table
from services.leads.accounts.store import contact_sealing, contacts_table
from services.leads.checklists.store import judgements_table
from services.leads.collisions.store import sealing as collision_sealing
from services.leads.contact_merges.store import sealing as contact_merge_sealing
from services.leads.discards.store import sealing as discard_sealing
from services.leads.enrolments.store import table as enrolments_table
from services.leads.interests.store import sealing as interest_sealing
from services.leads.issues.store import table as issues_table
from services.leads.lead_merges.store import sealing as lead_merge_sealing
from services.leads.leads.store import sealing as lead_sealing
from services.leads.leads.store import table as leads_table
from services.leads.metadata import metadata
from services.leads.nurture_steps.store import sealing as step_sealing
from services.leads.phone_calls.store import table as phone_calls_table
from services.leads.plan_actions.store import table as actions_table
from services.leads.pool.store import move_sealing
from services.leads.relation_levels.store import table as relation_levels_table
from services.leads.relation_walls.store import table as wall_scores_table
from services.leads.review_boards.store import sealing as review_sealing
from services.leads.strategic_accounts.store import table as selections_table
from services.leads.tasks.store import sealing as task_sealing
from services.leads.temperatures.store import sealing as temperature_sealing
from services.leads.wallets.store import table as spends_table

retentions_table = tenant_table(
    "retentions",
    metadata,
    uuid_column(),
    uuid_column("person_id"),
    uuid_column("contact_id"),
    text_column("reason"),
    text_column("content"),
    sealed_column(),
    time_column("hold_until"),
    time_column("create_time"),
)
retention_sealing = Sealing(retentions_table, ("content",))
RETAIN = insert_row(retentions_table)

_tenant = bindparam("tenant_id", type_=Uuid)
_ids = bindparam("ids", type_=ARRAY(Uuid))


def _mine(table: Table, column: str) -> ColumnElement[bool]:
    return (table.c.tenant_id == _tenant) & (table.c[column] == any_(_ids))


LEADS = Query(lead_sealing.select().where(_mine(leads_table, "id")))
CONTACTS = Query(contact_sealing.select().where(_mine(contacts_table, "person_id")))
LEADS_HELD = Query(lead_sealing.select().where(_mine(leads_table, "id")).with_for_update(of=leads_table))
CONTACTS_HELD = Query(
    contact_sealing.select().where(_mine(contacts_table, "person_id")).with_for_update(of=contacts_table)
)

BESIDE = tuple(
    (kind, sealing, Query(sealing.select().where(_mine(sealing.table, sealing.key)).order_by(sealing.table.c.id)))
    for kind, sealing in (
        ("discard", discard_sealing),
        ("interest", interest_sealing),
        ("pool move", move_sealing),
        ("collision", collision_sealing),
        ("review", review_sealing),
        ("temperature change", temperature_sealing),
        ("nurturing step", step_sealing),
        ("task", task_sealing),
        ("pain", pain_sealing),
        ("chain change", chain_change_sealing),
        ("contact merge", contact_merge_sealing),
        ("lead merge", lead_merge_sealing),
    )
)
"""What people wrote about a lead or contact, sealed under the key of its person, with which it goes."""
_call = ("call_time", "result", "duration_s", "quality", "findings", "touchpoint_id")
NOTED: dict[str, tuple[tuple[Table, str, tuple[str, ...]], ...]] = {
    "lead_ids": (
        (phone_calls_table, "lead_id", _call),
        (judgements_table, "lead_id", ("lead_type", "score", "verdict", "findings")),
        (enrolments_table, "lead_id", ("plan", "temperature", "state", "end_reason")),
    ),
    "contact_ids": (
        (phone_calls_table, "contact_id", _call),
        (actions_table, "contact_id", ("title", "outcome", "status")),
        (approvals_table, "contact_id", ("approver_id", "delete_time")),
        (approvals_table, "approver_id", ("contact_id", "delete_time")),
        (wall_scores_table, "contact_id", ("cycle", "user_id", "strength")),
    ),
}
"""What is noted of leads and contacts in numbers, codes and ids: whose rows, by which column, what of them is told."""


def _noted(table: Table, column: str, fields: tuple[str, ...]) -> Query:
    identity = table.c.id if "id" in table.c else table.c[column].label("id")
    since = (table.c.create_time if "create_time" in table.c else table.c.score_time).label("create_time")
    told = select(identity, since, *(table.c[name] for name in fields))
    return Query(told.where(_mine(table, column)).order_by(since, identity))


ALONGSIDE = tuple(
    (table.name.removesuffix("s").replace("_", " "), whose, _noted(table, column, fields))
    for whose, rows in NOTED.items()
    for table, column, fields in rows
)


def _found_by(column: str) -> Query:
    found = [
        select(table.c[key].label("id")).where(table.c.tenant_id == _tenant, table.c[column] == bindparam("mark"))
        for table, key in ((leads_table, "id"), (contacts_table, "person_id"))
    ]
    both = union_all(*found).subquery()
    return Query(select(both.c.id).distinct().order_by(both.c.id).limit(100))


BY_PHONE = _found_by("phone_mark")
BY_EMAIL = _found_by("email_mark")
BY_CONTACT = Query(
    select(contacts_table.c.person_id.label("id")).where(
        contacts_table.c.tenant_id == _tenant, contacts_table.c.id == bindparam("contact_id", type_=Uuid)
    )
)


def _emptied(sealing: Sealing, column: str) -> Query:
    """Overwrite what is sealed, what stands in the open from before there were keys, and what marks it."""
    table = sealing.table
    gone: dict[str, Any] = dict.fromkeys(("sealed", *sealing.marks))
    for name in sealing.fields:
        gone[name] = literal({}, JSONB()) if isinstance(table.c[name].type, JSONB) else ""
    changed = {
        "erase_time": func.coalesce(table.c.erase_time, bindparam("now", type_=table.c.erase_time.type)),
        "update_time": bindparam("now", type_=table.c.update_time.type),
        "version": table.c.version + 1,
    }
    return Query(update(table).where(_mine(table, column)).values(gone | changed))


EMPTY_LEADS = _emptied(lead_sealing, "id")
EMPTY_CONTACTS = _emptied(contact_sealing, "person_id")
TEXTS = (
    (relation_levels_table, ("evidence",)),
    (issues_table, ("title", "settlement")),
    (spends_table, ("source",)),
    (plans_table, ("strategy_fit", "joint_goals", "close_reason")),
    (plan_versions_table, ("strategy_fit", "joint_goals")),
    (actions_table, ("title", "outcome")),
    (notes_table, ("text", "source")),
    (cells_table, ("need",)),
    (selections_table, ("reason",)),
)
"""What people wrote of accounts: a person is named there by chance, and only the words that name them go."""


def _texts_of(table: Table) -> Query:
    return Query(select(table).where(_mine(table, "account_id")).with_for_update())


def _rewritten(table: Table, names: tuple[str, ...]) -> Query:
    same = (table.c.tenant_id == _tenant) & (table.c.id == bindparam("row", type_=Uuid))
    return Query(update(table).where(same).values({name: bindparam(name, type_=table.c[name].type) for name in names}))


WRITTEN = tuple(
    (table.name.removesuffix("s").replace("_", " "), names, _texts_of(table), _rewritten(table, names))
    for table, names in TEXTS
)
RETAINED = Query(select(retentions_table.c.id).where(_mine(retentions_table, "person_id")))
DROP_RETAINED = Query(delete(retentions_table).where(_mine(retentions_table, "person_id")))
