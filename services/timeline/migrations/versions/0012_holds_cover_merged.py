"""A legal hold reaches what was merged into its account."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0012"
down_revision = "0011"

READ = ("legal_holds", "aliases")


def upgrade() -> None:
    """Expand: a column that whoever does not know it leaves empty; what was merged before is reached at once."""
    empty = sa.text("'{}'")
    op.add_column("legal_holds", sa.Column("covers", ARRAY(sa.Uuid()), nullable=False, server_default=empty))
    # The policy of tenants binds the owner as well, who here speaks for all of them.
    for table in READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE legal_holds SET covers = alias_family(tenant_id, ARRAY[id])")
    for table in READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Back to holds of what was recorded for the very account."""
    op.drop_column("legal_holds", "covers")
