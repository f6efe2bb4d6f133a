"""Merges of leads in PostgreSQL, what is recorded under a lead, and which persons are one because of them."""

from dealtrail.leads.v1 import lead_merges_pb2 as pb
from sqlalchemy import (
    Boolean,
    Column,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal,
    select,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, array

from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.assignment.store import assignments
from services.leads.checklists.store import judgements_table
from services.leads.collisions.domain import State as CollisionState
from services.leads.collisions.store import collisions_table
from services.leads.discards.store import table as discards_table
from services.leads.enrolments.store import table as enrolments_table
from services.leads.interests.store import table as interests_table
from services.leads.lead_merges.domain import LeadMerge, State
from services.leads.leads.store import sealing as lead_sealing
from services.leads.leads.store import table as leads_table
from services.leads.leads.store import under_lead, with_lead
from services.leads.metadata import metadata
from services.leads.nurture_steps.store import table as steps_table
from services.leads.phone_calls.store import table as phone_calls_table
from services.leads.pool.store import moves as pool_moves_table
from services.leads.refused_promotions.store import table as refused_promotions_table
from services.leads.review_boards.store import reviews_table
from services.leads.tasks.store import table as tasks_table
from services.leads.temperatures.store import table as temperature_changes_table

table = tenant_table(
    "lead_merges",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    uuid_column("duplicate_id"),
    text_column("purpose"),
    uuid_column("merged_by"),
    text_column("duplicate_status"),
    Column("changes", ARRAY(Text), nullable=False),
    json_column("replaced"),
    Column("joined", ARRAY(Uuid), nullable=False),
    Column("same_person", Boolean, nullable=False),
    uuid_column("enrolment_id", nullable=True),
    text_column("state"),
    text_column("undo_purpose"),
    uuid_column("undone_by", nullable=True),
    time_column("undo_time", nullable=True),
    sealed_column(),
    *change_columns(),
)
codec = Codec(LeadMerge, pb.LeadMerge)
sealing = Sealing(table, ("purpose", "undo_purpose", "replaced"), key="lead_id")
_seen = with_lead(table)
lead_merges = Store(table, codec, "lead merge", "线索合并", sight=_seen, sealing=sealing)
listing = Listing(
    table,
    filters={
        "lead_id": by_id(table.c.lead_id),
        "duplicate_id": by_id(table.c.duplicate_id),
        "state": by_enum(table.c.state, pb.LeadMerge.State),
    },
    orders=("create_time desc",),
    sight=_seen,
    sealing=sealing,
)
_tenant = bindparam("tenant_id", type_=Uuid)
_id = bindparam("id", type_=Uuid)
_m = table.c
_stands = (_m.tenant_id == _tenant) & (_m.state == State.MERGED.value)
STANDING_INTO = Query(sealing.select().where(_stands, _m.lead_id == _id))
"""The merges into a lead that stand."""
FREED = Query(
    lead_sealing.select()
    .where(leads_table.c.tenant_id == _tenant, leads_table.c.id == _id)
    .with_for_update(of=leads_table)
)
"""A lead of the tenant, whoever sees it: undoing a merge reaches both."""
_c = collisions_table.c
_both = array([_id, bindparam("other", type_=Uuid)])
UNDECIDED = Query(
    select(_c.id).where(
        _c.tenant_id == _tenant,
        _c.row_ids.bool_op("&&")(_both),
        (_c.state == CollisionState.OPEN.value) | (_c.state == CollisionState.APPEALED.value),
    )
)
"""A collision of either, with the other or with a third, that waits for somebody."""

KINDS: dict[str, Table] = {
    "tasks": tasks_table,
    "interests": interests_table,
    "judgements": judgements_table,
    "enrolments": enrolments_table,
    "nurtureSteps": steps_table,
    "phoneCalls": phone_calls_table,
    "discards": discards_table,
    "temperatureChanges": temperature_changes_table,
    "poolMoves": pool_moves_table,
    "refusedPromotions": refused_promotions_table,
    "reviews": reviews_table,
    "assignments": assignments,
}
"""What is recorded under a lead and read with what that was merged into. It keeps the id, by which it is sealed."""


def _count(kind: str, rows: Table) -> Select[*tuple[str, int]]:
    counted = func.count().label("rows")
    return select(literal(kind).label("kind"), counted).where(rows.c.tenant_id == _tenant, rows.c.lead_id == _id)


COUNTS = Query(union_all(*(_count(kind, rows) for kind, rows in KINDS.items())))
OTHER_PERSONS = Query(
    lead_sealing.select()
    .where(
        leads_table.c.tenant_id == _tenant,
        leads_table.c.erase_time.is_(None),
        leads_table.c.id.in_(
            select(_m.duplicate_id).where(_stands, ~_m.same_person, under_lead(table, "duplicate_id"))
        ),
    )
    .order_by(leads_table.c.id)
)
"""What was merged into a lead, or into that, and speaks of another person than what it was merged into."""
_persons = any_(bindparam("person_ids", type_=ARRAY(Uuid)))
PERSONS_OF_LEADS = Query(
    union(
        select(_m.lead_id.label("id")).where(_stands, _m.same_person, _m.duplicate_id == _persons),
        select(_m.duplicate_id.label("id")).where(_stands, _m.same_person, _m.lead_id == _persons),
    ),
    "persons by merges of leads",
)
"""As whom else the persons of leads are recorded, each in the lead that the other was merged into."""
