"""The tenant's own rules in PostgreSQL, and how often customers were met; the shipped rules are code."""

from dealtrail.leads.v1 import visit_plans_pb2 as pb
from sqlalchemy import Column, DateTime, Integer, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.codec import Codec
from services.kit.sql import Query, Variants
from services.kit.tables import tenant_table, text_column
from services.leads.accounts.store import of_account
from services.leads.activity.store import touches_table
from services.leads.metadata import metadata
from services.leads.visit_plans.domain import ComplianceGroup, VisitRule

table = tenant_table(
    "visit_rules",
    metadata,
    Column("quintile", Integer, nullable=False),
    text_column("form"),
    Column("times", Integer, nullable=False),
    key=("quintile", "form"),
)
codec = Codec(VisitRule, pb.VisitRule)
group_codec = Codec(ComplianceGroup, pb.ComplianceGroup)
OWN = Query(select(table).where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid)))
_given = insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns})
SET = Query(
    _given.on_conflict_do_update(
        index_elements=["tenant_id", "quintile", "form"], set_={"times": _given.excluded.times}
    )
)
t = touches_table.c
HAD = Variants(
    lambda reach: (
        select(t.account_id, t.kind, t.category, func.count().label("times"))
        .where(
            of_account(touches_table)(reach),
            t.occurred_time >= bindparam("from_time", type_=DateTime(timezone=True)),
            t.occurred_time < bindparam("to_time", type_=DateTime(timezone=True)),
        )
        .group_by(t.account_id, t.kind, t.category)
    )
)
