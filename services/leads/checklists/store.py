"""The tenant's own checklists, and judgements, in PostgreSQL; what ships is code. Neither ever changes."""

from dealtrail.leads.v1 import checklists_pb2 as pb
from sqlalchemy import Column, Integer, Text, any_, bindparam, case, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from services.kit.codec import Codec
from services.kit.sql import Query, insert_row
from services.kit.tables import json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.checklists.domain import Checklist, Judgement, Question
from services.leads.leads.store import under_lead
from services.leads.metadata import metadata

checklists_table = tenant_table(
    "checklists",
    metadata,
    text_column("lead_type"),
    Column("version", Integer, nullable=False),
    text_column("label"),
    Column("pass_score", Integer, nullable=False),
    json_column("questions"),
    uuid_column("created_by"),
    time_column("create_time"),
    key=("lead_type", "version"),
)
judgements_table = tenant_table(
    "judgements",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    text_column("lead_type"),
    Column("checklist_version", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    text_column("verdict"),
    json_column("findings"),
    uuid_column("judged_by"),
    time_column("create_time"),
)
checklist_codec = Codec(Checklist, pb.Checklist)
question_codec = Codec(Question, pb.Question)
judgement_codec = Codec(Judgement, pb.Judgement)

c, j = checklists_table.c, judgements_table.c
_own = select(checklists_table).where(c.tenant_id == bindparam("tenant_id"))
_type = bindparam("lead_type", type_=Text)
NEWEST = Query(_own.ext(distinct_on(c.lead_type)).order_by(c.lead_type, c.version.desc()))
NEWEST_OF = Query(_own.where(c.lead_type == _type).order_by(c.version.desc()).limit(1))
ONE = Query(_own.where(c.lead_type == _type, c.version == bindparam("version", type_=Integer)))
IN_FORCE = Query(
    _own.where(c.lead_type == any_(bindparam("types", type_=ARRAY(Text))))
    .order_by(case((c.lead_type == _type, 0), else_=1), c.version.desc())
    .limit(1)
)
"""The newest version of the type itself if there is one, else of the other type among `types`."""
ADD = Query(
    insert(checklists_table)
    .values({one.name: bindparam(one.name, type_=one.type) for one in checklists_table.columns})
    .on_conflict_do_nothing()
)
ADD_JUDGEMENT = insert_row(judgements_table)
OF_LEAD = Query(
    select(judgements_table)
    .where(j.tenant_id == bindparam("tenant_id"), under_lead(judgements_table))
    .order_by(j.create_time.desc(), j.id.desc())
    .limit(200)
)
