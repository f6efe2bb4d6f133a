"""Campaigns, forms and links by which leads come; leads that came by a rep's own link are the rep's alone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0016"
down_revision = "0015"

UUID, TEXT, TIME, DAY = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Date()
WHOLE, COUNT, BYTES, MONEY = sa.Integer(), sa.BigInteger(), sa.LargeBinary(), sa.Numeric(15, 2)
CHANGES = (("create_time", TIME), ("update_time", TIME), ("version", COUNT))
SPAN = (("start_date", DAY), ("end_date", DAY), ("cost", MONEY), ("cost_currency", TEXT))
NULLABLE = {"links": {"team_id", "parent_id", "root_id"}, "tasks": {"team_id", "done_time"}}
CHANNELS = ("channels", "channel_costs", "campaigns")
TABLES = (*CHANNELS, "forms", "consent_texts", "pictures", "links", "submissions", "tasks")


# SQLAlchemy 2 takes type classes and instances here; its generic parameter says nothing in a migration.
def _table(name: str, *columns: tuple[str, sa.types.TypeEngine], key: tuple[str, ...] = ("id",)) -> None:  # type: ignore[type-arg] # of whichever Python type
    op.create_table(
        name,
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(c, t, nullable=c in NULLABLE.get(name, ())) for c, t in columns),
        sa.PrimaryKeyConstraint("tenant_id", *key),
    )
    tables.isolate(op, name)


def upgrade() -> None:
    """Expand: new tables, columns with a default, and a policy that no row falls under yet."""
    tables.keep_exclusive(op, "leads")
    op.add_column("leads", sa.Column("share_link_id", UUID))
    op.add_column("leads", sa.Column("utm", JSONB()))
    _channels()
    _forms()
    _links()
    _tasks()


def _channels() -> None:
    _table("channels", ("name", TEXT), ("active", sa.Boolean()), key=("name",))
    _table("channel_costs", ("id", UUID), ("channel", TEXT), *SPAN, ("note", TEXT), ("create_time", TIME))
    tables.append_only(op, "channel_costs")
    _table("campaigns", ("id", UUID), ("name", TEXT), ("channel", TEXT), *SPAN, *CHANGES)
    op.create_index("campaigns_name", "campaigns", ["tenant_id", "name"], unique=True)


def _forms() -> None:
    _table(
        "forms",
        *(("id", UUID), ("title", TEXT), ("campaign_id", UUID), ("texts", JSONB()), ("fields", JSONB())),
        *(("consent_text", TEXT), ("consent_version", WHOLE), ("thanks", TEXT), ("pictures", WHOLE), ("state", TEXT)),
        *CHANGES,
    )
    consent = (("form_id", UUID), ("number", WHOLE), ("text", TEXT), ("create_time", TIME))
    _table("consent_texts", *consent, key=("form_id", "number"))
    tables.append_only(op, "consent_texts")
    picture = (("form_id", UUID), ("number", WHOLE), ("media_type", TEXT), ("content", BYTES))
    _table("pictures", *picture, key=("form_id", "number"))


def _links() -> None:
    _table(
        "links",
        *(("id", UUID), ("form_id", UUID), ("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID))),
        *(("token", TEXT), ("parent_id", UUID), ("root_id", UUID)),
        *(("views", COUNT), ("shares", COUNT), ("reshares", COUNT), ("leads", COUNT), ("create_time", TIME)),
    )
    op.create_index("links_token", "links", ["tenant_id", "token"], unique=True)
    own = ["tenant_id", "form_id", "owner_id"]
    op.create_index("links_of_rep", "links", own, unique=True, postgresql_where="parent_id IS NULL")
    op.create_index("links_owner", "links", ["tenant_id", "owner_id", "create_time"])
    op.create_index("links_team", "links", ["tenant_id", "team_id", "create_time"])
    op.create_index("links_parent", "links", ["tenant_id", "parent_id"], postgresql_where="parent_id IS NOT NULL")
    key = ("form_id", "phone_mark", "day")
    _table("submissions", ("form_id", UUID), ("phone_mark", BYTES), ("day", DAY), ("lead_id", UUID), key=key)
    op.create_index("submissions_lead", "submissions", ["tenant_id", "lead_id"])


def _tasks() -> None:
    op.add_column("leads", sa.Column("task_id", UUID))
    owned = (("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID)))
    _table(
        "tasks",
        ("id", UUID),
        ("title", TEXT),
        ("lead_id", UUID),
        *owned,
        ("due_date", DAY),
        ("done_time", TIME),
        *CHANGES,
    )
    tables.keep_exclusive(op, "tasks")
    for column in ("owner_id", "team_id", "lead_id"):
        op.create_index(f"tasks_{column}", "tasks", ["tenant_id", column, "due_date"])


def downgrade() -> None:
    """Back to leads that come by no page, and that everybody above sees."""
    for name in reversed(TABLES):
        op.drop_table(name)
    op.drop_column("leads", "task_id")
    op.drop_column("leads", "utm")
    op.drop_column("leads", "share_link_id")
    tables.drop_exclusive(op, "leads")
