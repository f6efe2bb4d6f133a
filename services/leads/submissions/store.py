"""Submissions in PostgreSQL: the key is what makes a repetition change nothing."""

from sqlalchemy import Column, Date, LargeBinary, Uuid, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import tenant_table, uuid_column
from services.leads.campaigns.store import table as campaigns_table
from services.leads.forms.store import table as forms_table
from services.leads.metadata import metadata
from services.leads.submissions.domain import Submission

table = tenant_table(
    "submissions",
    metadata,
    uuid_column("form_id"),
    Column("phone_mark", LargeBinary, nullable=False),
    Column("day", Date, nullable=False),
    uuid_column("lead_id"),
    key=("form_id", "phone_mark", "day"),
)
codec: Codec[Submission, None] = Codec(Submission, None)
_given = insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns})
ENTER = Query(_given.on_conflict_do_nothing().returning(table.c.lead_id), "enter submission")
FORM = Query(
    select(forms_table, campaigns_table.c.name.label("campaign"), campaigns_table.c.channel)
    .join(
        campaigns_table,
        (campaigns_table.c.tenant_id == forms_table.c.tenant_id) & (campaigns_table.c.id == forms_table.c.campaign_id),
    )
    .where(forms_table.c.tenant_id == bindparam("tenant_id", type_=Uuid), forms_table.c.id == bindparam("id")),
    "form to be filled",
)
FORGET = Query(
    delete(table).where(
        table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        table.c.lead_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )
)
"""Forget that these leads were left on a form: their persons are erased."""
