"""Who sees little of an account's long timeline reads that little: by owner, by team, and what is shared."""

from alembic import op

from services.kit.migrations import create_index, drop_index

revision = "0006"
down_revision = "0005"

ORDER = ("occurred_time", "id")
INDEXES = {
    "entries_account_owner": (("tenant_id", "account_id", "owner_id", *ORDER), "account_id IS NOT NULL"),
    "entries_account_team": (("tenant_id", "account_id", "team_id", *ORDER), "account_id IS NOT NULL"),
    "entries_account_shared": (
        ("tenant_id", "account_id", *ORDER),
        "account_id IS NOT NULL AND collaborators <> '{}'::uuid[]",
    ),
}


def upgrade() -> None:
    """Expand: indexes only, built beside who writes."""
    for name, (columns, where) in INDEXES.items():
        create_index(op, name, "entries", columns, where)


def downgrade() -> None:
    """Back to a timeline of which a rep reads all to be shown a little."""
    for name in INDEXES:
        drop_index(op, name)
