"""SQLAlchemy Core statements, compiled once and run on asyncpg.

Core's own execution was measured four times dearer than the statement; compiled once, a statement
costs what asyncpg costs. Values are passed as they are: asyncpg knows UUID, Decimal, datetime and
lists, and the connection's codec knows JSON.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, Table, Text, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, asyncpg
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Executable

from services.kit import onetrip

AS_TEXT = (ARRAY, JSONB)
COMPILED = frozenset({"alone", "constants", "label", "names", "text"})
DIALECT: Dialect = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call] # in SQLAlchemy


class Query:
    """One statement, compiled when it is first used: a process then starts without those that it may never need.

    A function that builds the statement is called then too: to build one takes as long as to compile it.
    """

    __slots__ = ("_label", "_statement", "alone", "constants", "label", "names", "text")

    text: str
    names: tuple[str, ...]
    """Its parameters in the order of their placeholders."""
    constants: Mapping[str, Any]
    label: str
    alone: tuple[str, int] | None
    """The text that sets its own tenant, and the place of the tenant among the arguments."""

    def __init__(self, statement: Executable | Callable[[], Executable], label: str = "") -> None:
        self._statement = statement
        self._label = label

    def __getattr__(self, name: str) -> Any:
        """Called only for what is not there: before the first use."""
        if name not in COMPILED:
            raise AttributeError(name)
        self._compile()
        return getattr(self, name)

    def _compile(self) -> None:
        statement = self._statement if isinstance(self._statement, Executable) else self._statement()
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=DIALECT)
        assert isinstance(compiled, SQLCompiler)
        self.text = str(compiled)
        self.names = tuple(compiled.positiontup or ())
        binds = compiled.binds
        self.constants = {name: binds[name].value for name in self.names if not binds[name].required}
        self.label = self._label or self.text.split(" ", 1)[0]
        self.alone = onetrip.reading(self.text, self.names)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in placeholder order. A parameter without a value is a KeyError: a bug."""
        if self.constants:
            constants = self.constants
            return [values[name] if name in values else constants[name] for name in self.names]
        return [values[name] for name in self.names]


class Variants:
    """A statement that is composed from a few choices: each combination is built and compiled once."""

    def __init__(self, build: Callable[..., Executable]) -> None:
        self._build = build
        self._known: dict[tuple[Any, ...], Query] = {}

    def __call__(self, *choices: Any) -> Query:
        """The statement for these choices."""
        query = self._known.get(choices)
        if query is None:
            query = self._known[choices] = Query(self._build(*choices))
        return query


def insert_row(table: Table) -> Query:
    """INSERT of one row, all columns by name."""
    return Query(lambda: insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns}))


def insert_new_rows(table: Table) -> Query:
    """INSERT of many rows by unnest; those whose primary key is known change nothing. Answers the ids inserted."""

    def build() -> Executable:
        statement = pg_insert(table).from_select([c.name for c in table.columns], given_rows(table))
        return statement.on_conflict_do_nothing().returning(table.c.id)

    return Query(build)


def given_rows(table: Table, *alike: str) -> Select[Any]:
    """Rows of the table's shape out of parameters: one array a column, as `column_values` makes them.

    Columns `alike` have one value in all rows, and a parameter of their own type: asyncpg looks at each element of
    an array, twice.

    A column of arrays or of JSON travels as text: unnest would flatten the one, and asyncpg would
    take a list in the other for a further dimension.
    """
    given = []
    listed = [one for one in table.columns if one.name not in alike]
    for one in listed:
        element = Text() if isinstance(one.type, AS_TEXT) else one.type
        given.append(bindparam(one.name, type_=ARRAY(element)))
    names = [c.name for c in listed]
    source = func.unnest(*given).table_valued(*(column(name) for name in names)).render_derived()
    picked: list[ColumnElement[Any]] = []
    for one in table.columns:
        if one.name in alike:
            picked.append(bindparam(one.name, type_=one.type))
            continue
        value = source.c[one.name]
        picked.append(value.cast(one.type) if isinstance(one.type, AS_TEXT) else value)
    return select(*picked)


def column_values(table: Table, rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows turned into one list a column, for `given_rows`."""
    columns: dict[str, list[Any]] = {}
    for one in table.columns:
        values = [row[one.name] for row in rows]
        if isinstance(one.type, ARRAY):
            values = [value if value is None else "{" + ",".join(map(str, value)) + "}" for value in values]
        elif isinstance(one.type, JSONB):
            values = [value if value is None else orjson.dumps(value).decode() for value in values]
        columns[one.name] = values
    return columns
