"""Wallets, plans, research and decisions follow a merge of accounts, too."""

from alembic import op

from services.kit import aliases

revision = "0035"
down_revision = "0034"

FOLLOWING = (
    "spends",
    "account_plans",
    "account_plan_versions",
    "plan_actions",
    "research_notes",
    "fit_cells",
    "selections",
)
ONE_ALONE = {
    "spends_current": ("spends", ", category, period", "current"),
    "account_plans_open": ("account_plans", "", "status <> 'CLOSED'"),
    "selections_current": ("selections", "", "current"),
}
"""What there is one of an account: of the one under which it was recorded, so that a merge may bring two together."""


def upgrade() -> None:
    """Expand: columns that stay empty until something is merged; what was merged before is taken along."""
    for table in FOLLOWING:
        aliases.let_follow(op, table, "account_id")
    for name in ONE_ALONE:
        _one_alone(name, "coalesce(merged_from, account_id)")
    for table in FOLLOWING:
        aliases.take_along(op, table, "account_id")


def downgrade() -> None:
    """Back to what stays with the duplicate: it goes back there, so that there is one of each again."""
    for table in FOLLOWING:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"UPDATE {table} SET account_id = merged_from WHERE merged_from IS NOT NULL")  # noqa: S608 - our own names
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    aliases.let_stand(op, *FOLLOWING)
    for name in ONE_ALONE:
        _one_alone(name, "account_id")


def _one_alone(name: str, account: str) -> None:
    table, further, where = ONE_ALONE[name]
    op.execute(f"DROP INDEX IF EXISTS {name}")
    op.execute(f"CREATE UNIQUE INDEX {name} ON {table} (tenant_id, {account}{further}) WHERE {where}")
