"""What rows are found by, in a table beside theirs: numbers that say nothing to whoever lacks the tenant's key.

A row's terms are made from its fields before they are sealed, and change in the transaction that changes
the row. They live apart from it: rows are read far more often than they are searched for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Integer, MetaData, Table, bindparam, exists, func, select, union
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.expression import Executable

from services.kit import tables
from services.kit.database import Tx
from services.kit.sql import Query, Variants, column_values, insert_new_rows, insert_row
from services.kit.tables import APP_ROLE, tenant_table, time_column, uuid_column

Row = Mapping[str, Any]


def terms_table(name: str, metadata: MetaData) -> Table:
    """A table of terms: a row for each of the table's that it stands beside, as old as that."""
    return tenant_table(
        name, metadata, uuid_column(), time_column("create_time"), Column("terms", ARRAY(Integer), nullable=False)
    )


def create_terms(operations: Any, *names: str) -> None:
    """In a migration: make tables of terms, which the role that migrates may fill."""
    made = MetaData()
    for name in names:
        terms_table(name, made).create(operations.get_bind())
        tables.isolate(operations, name)
        operations.execute(f"CREATE POLICY operator ON {name} TO CURRENT_USER USING (true)")
        operations.create_index(f"{name}_newest", name, ["tenant_id", "create_time", "id"])
        # A long list of what is not yet in the index's order would be read by every search.
        operations.execute(f"CREATE INDEX {name}_terms ON {name} USING gin (terms) WITH (gin_pending_list_limit = 512)")
        # So that the planner knows which terms are so common that the newest rows are the way to them.
        operations.execute(f"ALTER TABLE {name} ALTER COLUMN terms SET STATISTICS 1000")


# Row-level security keeps PostgreSQL from asking an index by an operator that it does not know to leak nothing, as
# that of arrays. So the terms are asked as who migrates, whom no policy binds, for ids alone of the tenant that the
# transaction has; what comes of the ids is under the policies again. It is planned with the values at hand, for how
# common they are decides between the index of terms and the newest rows.
FINDER = """
CREATE FUNCTION {name}_found(sought integer[], most integer) RETURNS TABLE (id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 200 SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    tenant uuid := NULLIF(current_setting('app.tenant', true), '')::uuid;
BEGIN
    RETURN QUERY SELECT id FROM {name} WHERE tenant_id = tenant AND terms @> sought
    ORDER BY create_time DESC, id DESC LIMIT most;
END $$
"""


HELD = """
CREATE FUNCTION {name}_of(whose uuid) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1000 SET search_path = public, pg_temp AS $$
SELECT id FROM {name} WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '')::uuid AND owner_id = whose
UNION
SELECT id FROM {name} WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '')::uuid
AND collaborators @> ARRAY[whose]
$$
"""
"""What somebody owns or has a share in; asked in this way for the same reason."""


def create_holdings(operations: Any, *names: str) -> None:
    """In a migration: make what tells which rows of these tables are somebody's, in the tenant of the transaction."""
    for name in names:
        operations.execute(HELD.format(name=name))
        operations.execute(f"REVOKE ALL ON FUNCTION {name}_of FROM PUBLIC")
        operations.execute(f"GRANT EXECUTE ON FUNCTION {name}_of TO {APP_ROLE}")


def create_finders(operations: Any, *names: str) -> None:
    """In a migration: make what finds rows by the terms in these tables, for the tenant of the transaction."""
    for name in names:
        operations.execute(FINDER.format(name=name))
        operations.execute(f"REVOKE ALL ON FUNCTION {name}_found FROM PUBLIC")
        operations.execute(f"GRANT EXECUTE ON FUNCTION {name}_found TO {APP_ROLE}")


def drop_finders(operations: Any, *names: str) -> None:
    """In its downgrade."""
    for name in names:
        operations.execute(f"DROP FUNCTION {name}_found")


class Terms:
    """The terms of the rows of `of`, kept in `table`: what `words_of` says of a row, marked by the tenant's key.

    `fields` are those of which the words are made: unless one of them changes, terms stay as they are.
    """

    def __init__(self, table: Table, of: Table, fields: tuple[str, ...], words_of: Callable[[Row], set[str]]) -> None:
        self.table = table
        self.of = of
        self._fields = fields
        self._words_of = words_of
        self._insert = insert_row(table)
        self._insert_new = insert_new_rows(table)
        given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
        statement = insert(table).values(given)
        self._find = Variants(self._finding)
        self._keep = Query(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "id"], set_={"terms": statement.excluded.terms}
            )
        )

    def fingerprint(self, row: Row) -> tuple[Any, ...]:
        """The fields of a row of which its words are made."""
        return tuple(row[name] for name in self._fields)

    async def add(self, tx: Tx, row: Row) -> None:
        """A row that is new."""
        await tx.insert(self._insert, **await self._made(tx, row))

    async def add_new(self, tx: Tx, rows: Iterable[Row]) -> None:
        """Rows that are new."""
        made = [{"tenant_id": tx.principal.tenant_id} | await self._made(tx, row) for row in rows]
        if made:
            await tx.fetch(self._insert_new, **column_values(self.table, made))

    async def keep(self, tx: Tx, rows: Iterable[Row]) -> None:
        """Rows that changed, or have no terms yet."""
        made = [await self._made(tx, row) for row in rows]
        if made:
            await tx.execute_many(self._keep, [{"tenant_id": tx.principal.tenant_id} | one for one in made])

    async def find(self, tx: Tx, ways: Sequence[Sequence[int]], most: int) -> list[UUID]:
        """The ids of the newest of the tenant's rows that have all terms of one of the ways: `most` for each way.

        A few may have them by chance, and the caller may see only some of them.
        """
        bound = {f"way{number}": way for number, way in enumerate(ways)}
        return [row[0] for row in await tx.fetch(self._find(len(ways)), **bound, most=most)]

    def _finding(self, ways: int) -> Executable:
        finder = getattr(func, f"{self.table.name}_found")
        most = bindparam("most", type_=Integer)
        each = [finder(bindparam(f"way{n}", type_=ARRAY(Integer)), most).table_valued("id") for n in range(ways)]
        return union(*(select(found.c.id) for found in each))

    def missing(self) -> ColumnElement[bool]:
        """Of the rows, those that have no terms."""
        same = (self.table.c.tenant_id == self.of.c.tenant_id) & (self.table.c.id == self.of.c.id)
        return ~exists(select(1).where(same))

    async def _made(self, tx: Tx, row: Row) -> dict[str, Any]:
        tenant = await tx.vault.tenant_to_seal(tx)
        terms = sorted(set(tenant.terms(self._words_of(row))))
        return {"id": row["id"], "create_time": row["create_time"], "terms": terms}
