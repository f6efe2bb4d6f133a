"""What follows since then is found by the account that was merged."""

from alembic import op

from services.kit import aliases

revision = "0036"
down_revision = "0035"

FOLLOWING = (
    "spends",
    "account_plans",
    "account_plan_versions",
    "plan_actions",
    "research_notes",
    "fit_cells",
    "selections",
)


def upgrade() -> None:
    """Expand: indexes only, built beside who writes."""
    aliases.find_origin(op, *FOLLOWING)


def downgrade() -> None:
    """Back to looking through all rows when accounts are merged."""
    aliases.drop_origin_index(op, *FOLLOWING)
