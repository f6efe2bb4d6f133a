"""Steps in PostgreSQL. What people wrote of a step is sealed under the key of the lead's person."""

from collections.abc import Iterable
from uuid import UUID

from dealtrail.leads.v1 import leads_pb2
from dealtrail.leads.v1 import nurture_steps_pb2 as pb
from sqlalchemy import Column, Date, Integer, Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.pages import Filter, Listing, by_enum, by_text
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query, column_values, given_rows
from services.kit.store import Store
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.leads.store import OPEN, by_lead, of_lead, with_lead
from services.leads.leads.store import table as leads
from services.leads.metadata import metadata
from services.leads.nurture_steps.domain import NurtureStep, StepState
from services.leads.pool.store import UNOWNED

AT_ONCE = 200
"""Steps of which one piece of periodic work tells."""
table = tenant_table(
    "nurture_steps",
    metadata,
    *(uuid_column(name) for name in ("id", "enrolment_id", "lead_id")),
    Column("number", Integer, nullable=False),
    text_column("plan"),
    Column("plan_version", Integer, nullable=False),
    text_column("temperature"),
    Column("touch", Integer, nullable=False),
    text_column("kind"),
    Column("due_date", Date, nullable=False),
    time_column("create_time"),
    text_column("state"),
    time_column("settle_time", nullable=True),
    uuid_column("settled_by", nullable=True),
    text_column("note"),
    sealed_column(),
    uuid_column("touchpoint_id", nullable=True),
    time_column("remind_time", nullable=True),
)
codec = Codec(NurtureStep, pb.NurtureStep)
sealing = Sealing(table, ("note",), key="lead_id")
steps = Store(table, codec, "nurturing step", "培育步骤", sight=with_lead(table), sealing=sealing)
s = table.c
_today = bindparam("today", type_=Date)
_planned = s.state == StepState.PLANNED.value
listing = Listing(
    table,
    filters={
        "owner_id": Filter(of_lead(table, "owner_id"), UUID),
        "team_id": Filter(of_lead(table, "team_id"), UUID),
        "lead_id": by_lead(table),
        "state": by_enum(s.state, pb.NurtureStep.State),
        "kind": by_text(s.kind),
        "temperature": by_enum(s.temperature, leads_pb2.Lead.Temperature),
        "due": Filter(_planned & (s.due_date <= _today)),
        "overdue": Filter(_planned & (s.due_date < _today)),
    },
    orders=("due_date", "due_date desc"),
    sight=with_lead(table),
    sealing=sealing,
)
_tenant = bindparam("tenant_id", type_=Uuid)
_ids = bindparam("ids", type_=ARRAY(Uuid))
OF_ENROLMENT = Query(
    sealing.select()
    .where(s.tenant_id == _tenant, s.enrolment_id == bindparam("enrolment_id", type_=Uuid))
    .order_by(s.number)
    .with_for_update(of=table)
)
_given = insert(table).from_select([one.name for one in table.columns], given_rows(table))
_newer = {one.name: _given.excluded[one.name] for one in table.columns if not one.primary_key}
WRITE = Query(_given.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=_newer), "write steps")
UNTOLD = Query(
    select(s.id, s.lead_id, s.kind, s.due_date)
    .where(s.tenant_id == _tenant, _planned, s.due_date <= _today, s.remind_time.is_(None))
    .order_by(s.due_date)
    .limit(AT_ONCE)
    .with_for_update(skip_locked=True)
)
TELL = Query(
    update(table)
    .where(s.tenant_id == _tenant, s.id == any_(_ids))
    .values(remind_time=bindparam("now", type_=s.remind_time.type))
)
_lead = select(leads.c.id, leads.c.company, leads.c.owner_id).where(
    leads.c.tenant_id == _tenant, leads.c.id == any_(_ids)
)
LEADS = Query(_lead)
WORKED = Query(_lead.where(OPEN, ~UNOWNED, leads.c.collision_id.is_(None)))


async def of_enrolment(tx: Tx, enrolment_id: UUID) -> list[NurtureStep]:
    """The steps of an enrolment, in their order, held against others."""
    rows = await sealing.open(tx, await tx.fetch(OF_ENROLMENT, enrolment_id=enrolment_id))
    return [codec.from_row(row) for row in rows]


async def write(tx: Tx, changed: Iterable[NurtureStep]) -> None:
    """Keep them as they are now."""
    tenant = {"tenant_id": tx.principal.tenant_id}
    rows = [tenant | await sealing.seal(tx, codec.to_row(step)) for step in changed]
    if rows:
        await tx.execute(WRITE, **column_values(table, rows))
