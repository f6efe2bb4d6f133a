"""The entries in PostgreSQL, in the order of the deal's versions. The tables refuse every change of a row."""

from collections.abc import Iterable
from typing import Generic, TypeVar
from uuid import UUID

from dealtrail.opportunities.v1 import history_pb2 as pb
from sqlalchemy import BigInteger, Column, Date, Integer, Table, Text, bindparam, insert, select

from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.sql import Query, column_values, given_rows, insert_row
from services.kit.tables import money_columns, tenant_table, text_column, time_column, uuid_column
from services.opportunities.history.domain import ForecastChange, StageMove, Stay, Triage
from services.opportunities.metadata import metadata

T = TypeVar("T")


class Entries(Generic[T]):
    """One kind of entry: rows by deal and version, only ever added."""

    def __init__(self, table: Table, codec: Codec[T]) -> None:
        self._table = table
        self._codec = codec
        self._add = insert_row(table)
        self._add_many = Query(insert(table).from_select([c.name for c in table.columns], given_rows(table)))
        same = (table.c.tenant_id == bindparam("tenant_id")) & (table.c.deal_id == bindparam("deal_id"))
        self._of = Query(select(table).where(same).order_by(table.c.version))

    async def add(self, tx: Tx, deal_id: UUID, entry: T) -> None:
        """Keep one entry."""
        await tx.execute(self._add, deal_id=deal_id, **self._codec.to_row(entry))

    async def add_many(self, tx: Tx, entries: Iterable[tuple[UUID, T]]) -> None:
        """Keep entries of many deals."""
        own = {"tenant_id": tx.principal.tenant_id}
        rows = [own | {"deal_id": deal_id} | self._codec.to_row(entry) for deal_id, entry in entries]
        if rows:
            await tx.execute(self._add_many, **column_values(self._table, rows))

    async def of(self, tx: Tx, deal_id: UUID) -> list[T]:
        """All entries of a deal, oldest first. Whether the caller may see the deal is decided before."""
        return [self._codec.from_row(row) for row in await tx.fetch(self._of, deal_id=deal_id)]


def _entries_table(name: str, *columns: Column[object]) -> Table:
    version: Column[object] = Column("version", BigInteger, nullable=False)
    return tenant_table(name, metadata, uuid_column("deal_id"), version, *columns, key=("deal_id", "version"))


stage_moves_table = _entries_table(
    "stage_moves",
    text_column("stage"),
    text_column("kind"),
    text_column("from_stage"),
    time_column("enter_time"),
    uuid_column("moved_by"),
    text_column("why"),
)
triages_table = _entries_table(
    "triages",
    Column("value", Text),
    Column("grade", Text),
    *money_columns("amount", nullable=True),
    Column("quantity", Integer, nullable=False),
    text_column("why"),
    uuid_column("judged_by"),
    time_column("judge_time"),
)
forecast_changes_table = _entries_table(
    "forecast_changes",
    text_column("cause"),
    *money_columns("from_amount", nullable=True),
    *money_columns("to_amount", nullable=True),
    Column("from_quantity", Integer, nullable=False),
    Column("to_quantity", Integer, nullable=False),
    Column("from_expected_sign_date", Date),
    Column("to_expected_sign_date", Date),
    text_column("why"),
    uuid_column("changed_by"),
    time_column("change_time"),
)

stay_codec = Codec(Stay, pb.StageMove)
triage_codec = Codec(Triage, pb.Triage)
change_codec = Codec(ForecastChange, pb.ForecastChange)

stage_moves = Entries(stage_moves_table, Codec(StageMove, pb.StageMove))
triages = Entries(triages_table, triage_codec)
forecast_changes = Entries(forecast_changes_table, change_codec)
