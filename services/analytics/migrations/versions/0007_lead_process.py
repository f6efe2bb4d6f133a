"""How far leads have come in the process of managing leads, and how long they stood in each stage."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

DWELL = ("collected_s", "verified_s", "distributed_s", "nurtured_s")


def upgrade() -> None:
    """Expand: columns that may stay as they are. Leads of before stand where their status says."""
    op.add_column("leads", sa.Column("stage", sa.Text(), nullable=False, server_default="COLLECTED"))
    op.add_column("leads", sa.Column("stage_time", sa.DateTime(timezone=True)))
    for name in DWELL:
        op.add_column("leads", sa.Column(name, sa.BigInteger()))
    # Whoever migrates sees no tenant's rows unless let.
    op.execute("ALTER TABLE leads NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """UPDATE leads SET stage = CASE status WHEN 'QUALIFIED' THEN 'VERIFIED' WHEN 'CONVERTED' THEN 'CONVERTED'
        ELSE 'CLOSED' END WHERE status <> 'NEW'"""
    )
    op.execute("ALTER TABLE leads FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Back to leads of which the status is all that is known."""
    for name in (*DWELL, "stage_time", "stage"):
        op.drop_column("leads", name)
