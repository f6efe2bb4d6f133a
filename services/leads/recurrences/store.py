"""Tables of what recurs: one row a code, which says when, whether it is in use, and when it was done last."""

from typing import NamedTuple

from sqlalchemy import Table, Text, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from services.kit.sql import Query


class Statements(NamedTuple):
    """What is asked of such a table."""

    all: Query
    named: Query
    """The row of a `code`, held."""
    in_use: Query
    """Those that are in use and that nobody else holds, held."""
    set: Query
    """Write the row of a code, new or not."""
    done: Query
    """Note when that of `of_code` was done: `last_time`."""


def statements(table: Table) -> Statements:
    """The statements of a table with `code`, `active` and `last_time`."""
    tenant = table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
    own = select(table).where(tenant).order_by(table.c.code)
    given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
    rest = {name: bound for name, bound in given.items() if name not in ("tenant_id", "code")}
    written = insert(table).values(given).on_conflict_do_update(index_elements=["tenant_id", "code"], set_=rest)
    done = update(table).where(tenant, table.c.code == bindparam("of_code", type_=Text))
    return Statements(
        Query(own),
        Query(own.where(table.c.code == bindparam("code", type_=Text)).with_for_update()),
        Query(own.where(table.c.active).with_for_update(skip_locked=True)),
        Query(written),
        Query(done.values(last_time=bindparam("last_time", type_=table.c.last_time.type))),
    )
