"""For how long a tenant keeps what it lets go, in PostgreSQL: months by kind, and what is older by the calendar.

A service that lets things go has one table of `Rules`; its migration makes it with `create_rules`. Whoever destroys,
and whoever says that something must stay, calls `alone` first: of the two one waits for the other.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Uuid,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from services.kit.database import Tx
from services.kit.errors import Conflict, VersionMismatch
from services.kit.sql import Query
from services.kit.tables import isolate, tenant_table

NAME = "retention_rules"


def too_old(since: Column[Any]) -> ColumnElement[bool]:
    """Whether the instant lies more than the parameter `months` back, by the calendar."""
    now = bindparam("now", type_=DateTime(timezone=True))
    return since < now - func.make_interval(0, bindparam("months", type_=Integer))


class Rules:
    """The months by kind of each tenant, and how often they were changed. 0, as it ships, keeps for good."""

    def __init__(self, metadata: MetaData, months: Iterable[str]) -> None:
        """`months` are the names of the columns, such as "visit_months"."""
        columns = [*(Column(name, Integer, nullable=False) for name in months)]
        version = Column("version", BigInteger, nullable=False)
        self.table = table = tenant_table(NAME, metadata, *columns, version, key=())
        tenant = bindparam("tenant_id", type_=Uuid)
        found = select(table).where(table.c.tenant_id == tenant)
        self._current, self._alone = Query(found), Query(found.with_for_update())
        values = {one.name: bindparam(one.name, type_=one.type) for one in (*columns, version)}
        self._set = Query(
            insert(table)
            .values(tenant_id=tenant, **values)
            .on_conflict_do_update(
                index_elements=["tenant_id"], set_=values, where=table.c.version == values["version"] - 1
            )
        )

    async def current(self, tx: Tx) -> Any | None:
        """The row of the tenant; None until somebody has set it."""
        return await tx.fetch_one(self._current)

    async def alone(self, tx: Tx) -> Any | None:
        """The same, held until the transaction ends."""
        return await tx.fetch_one(self._alone)

    async def set(self, tx: Tx, known: int, months: Mapping[str, int]) -> int:
        """Set all months; the version that they are. `known` is the version that they were.

        Refused: VERSION_MISMATCH if If-Match says another; CONFLICT if somebody else just set them.
        """
        if tx.if_match is not None and tx.if_match != known:
            raise VersionMismatch(version=known)
        if not await tx.execute(self._set, **months, version=known + 1):
            raise Conflict
        return known + 1


def create_rules(operations: Any, months: Iterable[str]) -> None:
    """In a migration: make the table."""
    operations.create_table(
        NAME,
        Column("tenant_id", Uuid(), nullable=False),
        *(Column(name, Integer(), nullable=False) for name in months),
        Column("version", BigInteger(), nullable=False),
        PrimaryKeyConstraint("tenant_id"),
    )
    isolate(operations, NAME)
