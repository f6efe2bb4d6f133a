"""Rules, turns, workloads, duties and the log of assignments in PostgreSQL."""

from dealtrail.leads.v1 import assignment_pb2 as pb
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.codec import Codec
from services.kit.pages import Listing
from services.kit.sql import Query, Variants, insert_row
from services.kit.tables import json_column, owner_columns, tenant_table, text_column, time_column, uuid_column
from services.kit.visibility import in_sight
from services.leads.assignment.domain import Assignment, AssignmentRules, Candidate, Duty, Rep, Roster
from services.leads.leads.store import OPEN, under_lead, with_lead
from services.leads.leads.store import table as leads
from services.leads.metadata import metadata
from services.leads.pool.store import UNOWNED

rules_table = tenant_table(
    "assignment_rules",
    metadata,
    Column("version", Integer, nullable=False),
    json_column("rules"),
    Column("automatic", Boolean, nullable=False),
    *(Column(name, Integer, nullable=False) for name in ("capacity", "under_percent", "over_percent")),
    uuid_column("author_id"),
    time_column("create_time"),
    key=("version",),
)
turns = tenant_table(
    "assignment_turns",
    metadata,
    Column("turn_key", LargeBinary, nullable=False),
    uuid_column("user_id"),
    Column("given", BigInteger, nullable=False),
    key=("turn_key", "user_id"),
)
reps = tenant_table(
    "workloads",
    metadata,
    uuid_column("user_id"),
    Column("capacity", Integer, nullable=False),
    json_column("absences"),
    *owner_columns(),
    key=("user_id",),
)
rosters = tenant_table("duty_rosters", metadata, json_column("duties"), key=())
assignments = tenant_table(
    "assignments",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    uuid_column("user_id"),
    text_column("reason"),
    text_column("rule"),
    *(Column(name, Integer, nullable=False) for name in ("rules_version", "open_leads", "capacity")),
    uuid_column("actor_id"),
    time_column("create_time"),
)

rules_codec = Codec(AssignmentRules, pb.AssignmentRules)
rep_codec = Codec(Rep, pb.Workload)
roster_codec = Codec(Roster, pb.DutyRoster)
duty_codec = Codec(Duty, pb.Duty)
candidate_codec = Codec(Candidate, pb.AssignmentCandidate)
codec = Codec(Assignment, pb.Assignment)
listing = Listing(
    assignments,
    filters={},
    within=under_lead(assignments),
    sight=with_lead(assignments),
)

_tenant = bindparam("tenant_id", type_=Uuid)
_users = bindparam("user_ids", type_=ARRAY(Uuid))
_of_tenant = rules_table.c.tenant_id == _tenant
RULES = Query(select(rules_table).where(_of_tenant).order_by(rules_table.c.version.desc()).limit(1))
RULES_OF = Query(select(rules_table).where(_of_tenant, rules_table.c.version == bindparam("version", type_=Integer)))
ADD_RULES = insert_row(rules_table)
GIVEN = Query(
    select(turns.c.user_id, turns.c.given).where(
        turns.c.tenant_id == _tenant, turns.c.turn_key == bindparam("turn_key", type_=LargeBinary)
    )
)
_turn = insert(turns).values({c.name: bindparam(c.name, type_=c.type) for c in turns.columns})
GIVE = Query(
    _turn.on_conflict_do_update(
        index_elements=["tenant_id", "turn_key", "user_id"], set_={"given": turns.c.given + _turn.excluded.given}
    )
)
REPS = Query(select(reps).where(reps.c.tenant_id == _tenant, reps.c.user_id == any_(_users)))
REPS_SEEN = Variants(lambda reach: select(reps).where(in_sight(reps, reach)))
_given_rep = insert(reps).values({c.name: bindparam(c.name, type_=c.type) for c in reps.columns})
SET_REP = Query(
    _given_rep.on_conflict_do_update(
        index_elements=["tenant_id", "user_id"],
        set_={name: _given_rep.excluded[name] for name in ("capacity", "absences", "team_id")},
    )
)
ROSTER = Query(select(rosters).where(rosters.c.tenant_id == _tenant))
_roster = insert(rosters).values({c.name: bindparam(c.name, type_=c.type) for c in rosters.columns})
SET_ROSTER = Query(
    _roster.on_conflict_do_update(index_elements=["tenant_id"], set_={"duties": _roster.excluded.duties})
)
LOADS = Query(
    select(leads.c.owner_id, func.count().label("open_leads"))
    .where(leads.c.tenant_id == _tenant, leads.c.owner_id == any_(_users), OPEN)
    .group_by(leads.c.owner_id)
)
LOADS_SEEN = Variants(
    lambda reach: (
        select(leads.c.owner_id, func.count().label("open_leads"))
        .where(in_sight(leads, reach), OPEN, ~UNOWNED)
        .group_by(leads.c.owner_id)
    )
)
LOG = insert_row(assignments)
ASSIGNED = Query(
    select(assignments.c.id)
    .where(assignments.c.tenant_id == _tenant, assignments.c.lead_id == bindparam("lead_id", type_=Uuid))
    .limit(1)
)
