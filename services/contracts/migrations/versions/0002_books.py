"""What makes the books right whoever writes them: sums that add up, entries that balance, ends that are final."""

from alembic import op

revision = "0002"
down_revision = "0001"

# The lock lets two who change one plan at the same time see each other; the sum is taken behind it.
ADD_UP = (
    """CREATE FUNCTION contract_must_add_up(tenant uuid, contract uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owed record;
    planned record;
BEGIN
    SELECT amount, amount_currency INTO owed
    FROM contracts WHERE tenant_id = tenant AND id = contract FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT sum(amount) AS amount, bool_and(amount_currency = owed.amount_currency) AS one_currency INTO planned
    FROM instalments WHERE tenant_id = tenant AND contract_id = contract;
    IF planned.amount IS DISTINCT FROM owed.amount OR NOT planned.one_currency THEN
        RAISE EXCEPTION 'instalments of contract % sum to %, it is worth % %',
            contract, planned.amount, owed.amount, owed.amount_currency USING ERRCODE = 'check_violation';
    END IF;
END $$""",
    """CREATE FUNCTION contract_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM contract_must_add_up(NEW.tenant_id, NEW.id);
    RETURN NULL;
END $$""",
    """CREATE FUNCTION instalment_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM contract_must_add_up(OLD.tenant_id, OLD.contract_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM contract_must_add_up(NEW.tenant_id, NEW.contract_id);
    END IF;
    RETURN NULL;
END $$""",
    """CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT OR UPDATE OF amount, amount_currency ON contracts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contract_changed()""",
    """CREATE CONSTRAINT TRIGGER adds_up
    AFTER INSERT OR DELETE OR UPDATE OF amount, amount_currency, contract_id ON instalments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION instalment_changed()""",
)

BALANCED = (
    """CREATE FUNCTION entries_must_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written GROUP BY tenant_id, entry_id, currency HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'an entry of the journal does not balance' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$""",
    """CREATE TRIGGER balanced AFTER INSERT ON journal REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION entries_must_balance()""",
)

FOLLOW = (
    """CREATE FUNCTION receipts_follow_contract() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE receipts SET owner_id = NEW.owner_id, team_id = NEW.team_id, collaborators = NEW.collaborators
    WHERE tenant_id = NEW.tenant_id AND contract_id = NEW.id;
    RETURN NULL;
END $$""",
    """CREATE TRIGGER receipts_follow AFTER UPDATE ON contracts FOR EACH ROW
    WHEN (
        (OLD.owner_id, OLD.team_id, OLD.collaborators) IS DISTINCT FROM (NEW.owner_id, NEW.team_id, NEW.collaborators)
    )
    EXECUTE FUNCTION receipts_follow_contract()""",
)

FINAL = (
    """CREATE FUNCTION refuse_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % is % for good', TG_TABLE_NAME, OLD.id, OLD.status USING ERRCODE = 'check_violation';
END $$""",
    """CREATE TRIGGER final BEFORE UPDATE ON contracts FOR EACH ROW
    WHEN (OLD.status <> 'DRAFT' AND (NEW.status, NEW.sign_date) IS DISTINCT FROM (OLD.status, OLD.sign_date))
    EXECUTE FUNCTION refuse_reopening()""",
    """CREATE TRIGGER final BEFORE UPDATE ON receipts FOR EACH ROW
    WHEN (OLD.status = 'VOIDED' AND (NEW.status, NEW.unapplied) IS DISTINCT FROM (OLD.status, OLD.unapplied))
    EXECUTE FUNCTION refuse_reopening()""",
)

FUNCTIONS = (
    "refuse_reopening()",
    "contract_must_add_up(uuid, uuid)",
    "contract_changed()",
    "instalment_changed()",
    "entries_must_balance()",
    "receipts_follow_contract()",
)
TRIGGERS = (
    ("final", "receipts"),
    ("final", "contracts"),
    ("receipts_follow", "contracts"),
    ("balanced", "journal"),
    ("adds_up", "instalments"),
    ("adds_up", "contracts"),
)


def upgrade() -> None:
    """Expand: the tables refuse what no release ever wrote."""
    for statement in (*ADD_UP, *BALANCED, *FOLLOW, *FINAL):
        op.execute(statement)


def downgrade() -> None:
    """Back to tables that take anything."""
    for trigger, table in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
