"""People's data is sealed under keys that can be destroyed, and found by marks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit import tables

revision = "0003"
down_revision = "0002"

SEALED = ("leads", "contacts")
OPEN = ("sealed", "phone_mark", "email_mark", "erase_time")


def upgrade() -> None:
    """Expand: new columns that may stay empty. Rows written before are sealed by `python -m services.leads.seal`."""
    tables.create_vault(op, *SEALED)
    for table in SEALED:
        for name in ("sealed", "phone_mark", "email_mark"):
            op.add_column(table, sa.Column(name, sa.LargeBinary()))
            if name.endswith("_mark"):
                op.create_index(f"{table}_{name}", table, ["tenant_id", name], postgresql_where=f"{name} IS NOT NULL")
        op.add_column(table, sa.Column("erase_time", sa.DateTime(timezone=True)))
    op.add_column("leads", sa.Column("name_marks", ARRAY(sa.Integer())))
    op.add_column("contacts", sa.Column("person_id", sa.Uuid()))
    # Whoever migrates sees no tenant's rows unless let.
    op.execute("ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE leads NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """UPDATE contacts c SET person_id = COALESCE(
          (SELECT l.id FROM leads l WHERE l.tenant_id = c.tenant_id AND l.contact_id = c.id LIMIT 1), c.id)"""
    )
    op.execute("ALTER TABLE contacts FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE leads FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE contacts ALTER COLUMN person_id SET NOT NULL")
    # Replicas of the version before know no person: a contact that they record is its own.
    op.execute(
        """CREATE FUNCTION person_of_contact() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.person_id := COALESCE(NEW.person_id, NEW.id); RETURN NEW; END $$"""
    )
    op.execute(
        "CREATE TRIGGER person_of_contact BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION person_of_contact()"
    )
    op.create_index("contacts_person", "contacts", ["tenant_id", "person_id"])


def downgrade() -> None:
    """Back to rows in the open. What was sealed is lost."""
    op.execute("DROP TRIGGER person_of_contact ON contacts")
    op.execute("DROP FUNCTION person_of_contact()")
    op.drop_column("contacts", "person_id")
    op.drop_column("leads", "name_marks")
    for table in SEALED:
        for name in OPEN:
            op.drop_column(table, name)
    tables.drop_vault(op, *SEALED)
