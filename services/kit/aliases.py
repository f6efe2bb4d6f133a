"""Rows follow what was merged: what was recorded under one id stands under the id that it was merged into, while it is.

A row keeps under which id it was recorded: `merged_from`, where that is not the id under which it
stands. Where it stands is thus a function of that and of the aliases alone, in whatever order
merges, their undoing and rows become known; and undoing a merge puts back exactly what moved.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    literal,
    or_,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, array, insert
from sqlalchemy.sql.expression import Executable

from services.kit.database import Tx
from services.kit.sql import Query
from services.kit.tables import isolate, tenant_table, uuid_column

_tenant = bindparam("tenant_id", type_=Uuid)
_id = bindparam("id", type_=Uuid)
alias_metadata = MetaData()
aliases = tenant_table(
    "aliases",
    alias_metadata,
    uuid_column(),
    uuid_column("into_id", nullable=True),
    Column("version", BigInteger, nullable=False),
)
_turn = func.hashtextextended(func.concat(literal("aliases ", Text), _tenant), literal(0, BigInteger))
HOLD = Query(sa.select(func.pg_advisory_xact_lock(_turn)), "hold aliases")
"""Whoever brings in a row holds the same lock, shared (see the function settled_root): no row is overlooked."""
_given = insert(aliases).values({c.name: bindparam(c.name, type_=c.type) for c in aliases.columns})
NEWEST = Query(
    _given.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={"into_id": _given.excluded.into_id, "version": _given.excluded.version},
        where=aliases.c.version < _given.excluded.version,
    )
)
_asked = func.unnest(bindparam("ids", type_=ARRAY(Uuid))).table_valued(sa.column("id", Uuid)).render_derived()
ROOTS = Query(sa.select(_asked.c.id, func.settled_root(_tenant, _asked.c.id).label("root")), "roots of aliases")


def merged_from_column() -> Column[Any]:
    """The id under which a row was recorded, where that was merged into the one under which it stands."""
    return uuid_column("merged_from", nullable=True)


def given_columns(table: Table) -> dict[str, ColumnElement[Any]]:
    """What a new row is given, one parameter a column: all but `merged_from`, which the database finds."""
    return {c.name: bindparam(c.name, type_=c.type) for c in table.columns if c.name != "merged_from"}


def family(ids: ColumnElement[Any]) -> ColumnElement[Any]:
    """The ids of an array and all that were merged into them, at once or by others; an array too."""
    found: ColumnElement[Any] = func.alias_family(_tenant, ids, type_=ARRAY(Uuid))
    return found


def root(identity: ColumnElement[Any]) -> ColumnElement[Any]:
    """What an id was merged into, in the end; itself if it was not."""
    found: ColumnElement[Any] = func.alias_root(_tenant, identity, type_=Uuid())
    return found


def recorded(table: Table, name: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Where a row of the table stands, and under which id it was recorded."""
    return table.c[name], func.coalesce(table.c.merged_from, table.c[name])


def follow(table: Table, name: str, **further: ColumnElement[Any]) -> Query:
    """The statement that lets rows stand where what they were recorded under stands, now that `id` was merged or not.

    `name` is the column that holds the id under which a row stands; `further` columns are set besides. The rows'
    version stays: nothing that anybody edits has changed.
    """

    def build() -> Executable:
        under, came_from = table.c[name], table.c.merged_from
        was = func.coalesce(came_from, under)
        ids = sa.any_(family(array([_id])))
        concerned = or_((under == ids) & came_from.is_(None), came_from == ids)
        moved = sa.update(table).where(table.c.tenant_id == _tenant, concerned)
        return moved.values({name: root(was), "merged_from": func.nullif(was, root(was)), **further})

    return Query(build, f"follow {table.name}")


def foremost(rows: FromClause, name: str, *within: str, among: str) -> ColumnElement[bool]:
    """Of rows of which one alone may stand under an id, that one where a merge has brought together several.

    Such rows have `among` set, and are told apart by the columns `within` besides the one called `name`.
    What was recorded under the id itself goes before what came from others; of those the newest does.
    As nothing is written of it, undoing the merge undoes this, too.
    """
    this, other = rows.c, rows.alias().c
    same = (other[column] == this[column] for column in ("tenant_id", name, *within))
    newer = tuple_(other.create_time, other.id) > tuple_(this.create_time, this.id)
    before = sa.exists(sa.select(1).where(*same, other[among], other.merged_from.is_(None) | newer).correlate(rows))
    return this[among] & (this.merged_from.is_(None) | ~before)


MEMBERS = Query(sa.select(func.unnest(family(bindparam("ids", type_=ARRAY(Uuid)))).label("id")), "kin of aliases")


async def note(tx: Tx, identity: UUID, into: UUID | None, version: int) -> bool:
    """Know that an id was merged into another, or into none any more; whether that is news.

    Nobody brings in rows until the transaction ends. `version` is that of what the id names.
    """
    await tx.fetch(HOLD)
    return bool(await tx.execute(NEWEST, id=identity, into_id=into, version=version))


async def roots(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """What each of these was merged into, those that were; it stays so until the transaction ends."""
    wanted = list(set(ids))
    rows = await tx.fetch(ROOTS, ids=wanted) if wanted else []
    return {row["id"]: row["root"] for row in rows if row["root"] != row["id"]}


async def kin(tx: Tx, ids: Iterable[UUID]) -> set[UUID]:
    """These, what they were merged into, and whatever else was; it stays so until the transaction ends."""
    known = set(ids)
    known |= set((await roots(tx, known)).values())
    return known | {row["id"] for row in await tx.fetch(MEMBERS, ids=list(known))}


FUNCTIONS = (
    # Events may come in another order than they happened: for a moment aliases may go in a circle.
    """CREATE FUNCTION alias_root(tenant uuid, start uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE
    stands uuid := start;
    further uuid;
    seen uuid[] := ARRAY[start];
BEGIN
    LOOP
        SELECT into_id INTO further FROM aliases WHERE tenant_id = tenant AND id = stands;
        EXIT WHEN further IS NULL OR further = ANY (seen);
        stands := further;
        seen := seen || further;
    END LOOP;
    RETURN stands;
END $$""",
    """CREATE FUNCTION alias_family(tenant uuid, ids uuid[]) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    WITH RECURSIVE below AS (
        SELECT unnest(ids) AS id
        UNION
        SELECT aliases.id FROM aliases JOIN below ON aliases.into_id = below.id WHERE aliases.tenant_id = tenant
    )
    SELECT array_agg(id) FROM below
$$""",
    # VOLATILE: what is read behind the lock is read anew.
    """CREATE FUNCTION settled_root(tenant uuid, start uuid) RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('aliases ' || tenant, 0));
    RETURN alias_root(tenant, start);
END $$""",
)


def create_aliases(operations: Any) -> None:
    """In a migration: make the table of aliases and what finds in it."""
    alias_metadata.create_all(operations.get_bind())
    isolate(operations, aliases.name)
    operations.create_index("aliases_into", aliases.name, ["tenant_id", "into_id"])
    for text in FUNCTIONS:
        operations.execute(text)


def let_follow(operations: Any, table: str, name: str) -> None:
    """In a migration: let new rows of the table stand where the id in that column was merged into."""
    keep_origin(operations, table)
    operations.execute(
        f"""CREATE OR REPLACE FUNCTION stand_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    recorded uuid := coalesce(NEW.merged_from, NEW.{name});
BEGIN
    IF recorded IS NOT NULL THEN
        NEW.{name} := settled_root(NEW.tenant_id, recorded);
        NEW.merged_from := nullif(recorded, NEW.{name});
    END IF;
    RETURN NEW;
END $$"""
    )
    operations.execute(f"CREATE TRIGGER stand BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION stand_{name}()")


def take_along(operations: Any, table: str, name: str) -> None:
    """In a migration, after `let_follow`: let rows follow what was merged before their table followed anything."""
    # The policy of tenants binds the owner as well, who here speaks for all of them.
    names = (table, aliases.name)
    for one in names:
        operations.execute(f"ALTER TABLE {one} NO FORCE ROW LEVEL SECURITY")
    operations.execute(
        f"""UPDATE {table} t SET merged_from = t.{name}, {name} = alias_root(t.tenant_id, t.{name})
        FROM aliases a WHERE a.tenant_id = t.tenant_id AND a.id = t.{name} AND a.into_id IS NOT NULL"""  # noqa: S608 - our own names
    )
    for one in names:
        operations.execute(f"ALTER TABLE {one} FORCE ROW LEVEL SECURITY")


def keep_origin(operations: Any, table: str) -> None:
    """In a migration: add the column `merged_from`. Its index is built by `find_origin`, beside who writes."""
    operations.add_column(table, merged_from_column())


def find_origin(operations: Any, *tables: str) -> None:
    """In a migration of its own: let rows be found by what was merged."""
    from services.kit.migrations import create_index  # noqa: PLC0415 - who serves need not load what migrates

    for table in tables:
        create_index(operations, f"{table}_merged", table, ("tenant_id", "merged_from"), "merged_from IS NOT NULL")


def drop_origin_index(operations: Any, *tables: str) -> None:
    """In its downgrade."""
    from services.kit.migrations import drop_index  # noqa: PLC0415 - who serves need not load what migrates

    for table in tables:
        drop_index(operations, f"{table}_merged")


def let_stand(operations: Any, *tables: str) -> None:
    """In the downgrade of `let_follow` and `keep_origin`: rows stand where they stand for good."""
    for table in tables:
        operations.execute(f"DROP TRIGGER IF EXISTS stand ON {table}")
        operations.drop_column(table, "merged_from")


def drop_aliases(operations: Any, *names: str) -> None:
    """In the downgrade of `create_aliases`, once no table follows by a column of these names any more."""
    for name in names:
        operations.execute(f"DROP FUNCTION stand_{name}()")
    for function in ("settled_root(uuid, uuid)", "alias_family(uuid, uuid[])", "alias_root(uuid, uuid)"):
        operations.execute(f"DROP FUNCTION {function}")
    operations.drop_table(aliases.name)
