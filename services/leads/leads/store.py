"""Leads in PostgreSQL."""

from collections.abc import Callable
from uuid import UUID

from dealtrail.leads.v1 import leads_pb2 as pb
from dealtrail.leads.v1 import process_pb2
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    Subquery,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    exists,
    false,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array

from services.kit.aliases import aliases, family, root
from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.pages import Filter, Listing, by_enum, by_id, by_text, containing, either, marked
from services.kit.sealing import Sealing, sealed_column
from services.kit.store import Store
from services.kit.tables import (
    change_columns,
    exclusive_column,
    json_column,
    owner_columns,
    tenant_table,
    text_column,
    time_column,
    uuid_column,
)
from services.kit.terms import Terms, terms_table
from services.kit.visibility import in_sight
from services.leads.leads.domain import Lead, Status, Utm
from services.leads.metadata import metadata
from services.leads.people import email_mark, name_marks, phone_mark
from services.leads.process.domain import Stage
from services.leads.words import lead_words

table = tenant_table(
    "leads",
    metadata,
    uuid_column(),
    text_column("company"),
    text_column("contact_name"),
    text_column("phone"),
    text_column("email"),
    text_column("channel"),
    text_column("campaign"),
    json_column("attributes"),
    text_column("status"),
    Column("score", Integer, nullable=False),
    text_column("discard_reason"),
    text_column("discard_request", default=""),
    text_column("lead_type", default=""),
    Column("checklist_version", Integer, nullable=False, server_default="0"),
    text_column("uscc", default=""),
    text_column("wechat_id", default=""),
    uuid_column("collision_id", nullable=True),
    *owner_columns(),
    Column("account_id", Uuid),
    Column("contact_id", Uuid),
    Column("deal_id", Uuid),
    sealed_column(),
    Column("name_marks", ARRAY(Integer)),
    Column("phone_mark", LargeBinary),
    Column("email_mark", LargeBinary),
    time_column("erase_time", nullable=True),
    exclusive_column(),
    uuid_column("share_link_id", nullable=True),
    Column("utm", JSONB),
    uuid_column("task_id", nullable=True),
    *(Column(name, Boolean, nullable=False, server_default=false()) for name in ("distributed", "nurtured")),
    text_column("stage", default=Stage.COLLECTED),
    time_column("stage_time", nullable=True),
    Column("stages", JSONB, nullable=False, server_default=text("'[]'")),
    Column("temperature", Text),
    time_column("temperature_time", nullable=True),
    uuid_column("merged_into", nullable=True),
    *change_columns(),
)

OPEN: ColumnElement[bool] = literal_column(f"leads.status IN ('{Status.NEW}', '{Status.QUALIFIED}')", Boolean)
"""Spelled out, so that a prepared statement is known to fit the indexes of what it says."""
codec = Codec(Lead, pb.Lead)
utm_codec = Codec(Utm, pb.Utm)
sealing = Sealing(
    table,
    ("contact_name", "phone", "email", "attributes", "wechat_id"),
    marks={"name_marks": name_marks("contact_name"), "phone_mark": phone_mark, "email_mark": email_mark},
)
terms = Terms(
    terms_table("lead_terms", metadata), table, ("company", "contact_name", "phone", "email", "uscc"), lead_words
)


class Leads(Store[Lead]):
    """Leads, which are never saved without the stage of the process to which they came."""

    async def save(self, tx: Tx, item: Lead) -> None:
        """Write it back at the next version. Refused: CONFLICT if somebody else did since it was read."""
        item.come_to_stage(tx.now)
        await super().save(tx, item)


leads = Leads(table, codec, "lead", "线索", sealing=sealing, terms=terms)


def standing(reach: str) -> ColumnElement[bool]:
    """Leads that exist for the caller and stand by themselves: what was merged is not listed."""
    return in_sight(table, reach) & table.c.merged_into.is_(None)


listing = Listing(
    table,
    filters={
        "status": by_enum(table.c.status, pb.Lead.Status),
        "open": Filter(OPEN),
        "stage": by_enum(table.c.stage, process_pb2.Passage.Stage),
        "temperature": by_enum(table.c.temperature, pb.Lead.Temperature),
        "owner_id": by_id(table.c.owner_id),
        "team_id": by_id(table.c.team_id),
        "channel": by_text(table.c.channel),
        "campaign": by_text(table.c.campaign),
        "q": either(containing(table.c.company, table.c.contact_name), marked(table.c.name_marks)),
    },
    orders=("create_time desc", "create_time", "company", "company desc"),
    sight=standing,
    sealing=sealing,
)
_survivor = select(table).subquery("survivor")


def with_lead(rows: Table | Subquery) -> Callable[[str], ColumnElement[bool]]:
    """Rows with a `lead_id` that exist for the caller: those whose lead does, or what that was merged into."""

    def sight(reach: str) -> ColumnElement[bool]:
        mine = (table.c.tenant_id == rows.c.tenant_id) & (table.c.id == rows.c.lead_id)
        tenant: ColumnElement[bool] = rows.c.tenant_id == bindparam("tenant_id")
        # What was merged is little: it is looked up once, not for every row.
        merged = (
            select(aliases.c.id)
            .join(_survivor, (_survivor.c.tenant_id == aliases.c.tenant_id) & (_survivor.c.id == root(aliases.c.id)))
            .where(aliases.c.into_id.is_not(None), in_sight(_survivor, reach))
        )
        return tenant & (exists(select(1).where(mine, in_sight(table, reach))) | rows.c.lead_id.in_(merged))

    return sight


def of_lead(rows: Table, column: str) -> ColumnElement[bool]:
    """Rows with a `lead_id` whose lead has the UUID of that name in that column now."""
    same = (table.c.tenant_id == rows.c.tenant_id) & (table.c.id == rows.c.lead_id)
    return exists(select(1).where(same, table.c[column] == bindparam(column, type_=Uuid)))


def under_lead(rows: Table | Subquery, name: str = "lead_id") -> ColumnElement[bool]:
    """Rows that name in that column the lead whose UUID is bound as `lead_id`, or what was merged into it."""
    asked = array([bindparam("lead_id", type_=Uuid)])
    found: ColumnElement[bool] = rows.c[name] == any_(family(asked))
    return found


def by_lead(rows: Table | Subquery) -> Filter:
    """The same, as the filter of a list."""
    return Filter(under_lead(rows), UUID)
