"""Forms, their pictures and every consent text that they have had, in PostgreSQL. They belong to the whole tenant."""

from dealtrail.leads.v1 import forms_pb2 as pb
from sqlalchemy import Column, Integer, LargeBinary, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum
from services.kit.sql import Query, insert_row
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.forms.domain import Form, FormField
from services.leads.metadata import metadata

table = tenant_table(
    "forms",
    metadata,
    uuid_column(),
    text_column("title"),
    uuid_column("campaign_id"),
    json_column("texts"),
    json_column("fields"),
    text_column("consent_text"),
    Column("consent_version", Integer, nullable=False),
    text_column("thanks"),
    Column("pictures", Integer, nullable=False),
    text_column("state"),
    *change_columns(),
)
consent_texts_table = tenant_table(
    "consent_texts",
    metadata,
    uuid_column("form_id"),
    Column("number", Integer, nullable=False),
    text_column("text"),
    time_column("create_time"),
    key=("form_id", "number"),
)
pictures_table = tenant_table(
    "pictures",
    metadata,
    uuid_column("form_id"),
    Column("number", Integer, nullable=False),
    text_column("media_type"),
    Column("content", LargeBinary, nullable=False),
    key=("form_id", "number"),
)
codec = Codec(Form, pb.Form)
field_codec = Codec(FormField, pb.FormField)
forms = Store(table, codec, "form", "页面")
listing = Listing(table, filters={"state": by_enum(table.c.state, pb.Form.State)}, orders=("create_time desc",))

KEEP_CONSENT_TEXT = insert_row(consent_texts_table)
_picture = insert(pictures_table).values({c.name: bindparam(c.name, type_=c.type) for c in pictures_table.columns})
SET_PICTURE = Query(
    _picture.on_conflict_do_update(
        index_elements=["tenant_id", "form_id", "number"],
        set_={name: _picture.excluded[name] for name in ("media_type", "content")},
    )
)
PICTURE = Query(
    select(pictures_table.c.media_type, pictures_table.c.content).where(
        pictures_table.c.tenant_id == bindparam("tenant_id"),
        pictures_table.c.form_id == bindparam("form_id"),
        pictures_table.c.number == bindparam("number"),
    )
)
