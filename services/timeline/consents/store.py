"""The last word of each lead and contact on each purpose."""

from sqlalchemy import Boolean, Column, Uuid, any_, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.sql import Query
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.timeline.metadata import metadata

consents_table = tenant_table(
    "consents",
    metadata,
    uuid_column("subject_id"),
    text_column("purpose"),
    Column("given", Boolean, nullable=False),
    time_column("give_time"),
    key=("subject_id", "purpose"),
)
_tenant = bindparam("tenant_id", type_=Uuid)
_subjects = bindparam("subjects", type_=ARRAY(Uuid))
_put = insert(consents_table).values({c.name: bindparam(c.name, type_=c.type) for c in consents_table.columns})
PUT = Query(
    _put.on_conflict_do_update(
        index_elements=["tenant_id", "subject_id", "purpose"],
        set_={"given": _put.excluded.given, "give_time": _put.excluded.give_time},
        where=consents_table.c.give_time <= _put.excluded.give_time,
    )
)
WITHDRAWN = Query(
    select(func.min(consents_table.c.give_time)).where(
        consents_table.c.tenant_id == _tenant,
        consents_table.c.subject_id == any_(_subjects),
        consents_table.c.purpose == bindparam("purpose"),
        ~consents_table.c.given,
    )
)
DROP = Query(
    delete(consents_table).where(consents_table.c.tenant_id == _tenant, consents_table.c.subject_id == any_(_subjects))
)
