"""Notes and fit matrices in PostgreSQL; both are kept as they were given. They are seen by whoever sees the account."""

from typing import Any

from dealtrail.leads.v1 import account_research_pb2 as pb
from sqlalchemy import Column, Date, Integer, Select, Uuid, bindparam, func, insert, select

from services.kit.aliases import given_columns, merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sql import Query, Variants
from services.kit.store import Store
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.account_research.domain import FitCell, FitMatrix, ResearchNote
from services.leads.accounts.store import of_account
from services.leads.metadata import metadata

notes_table = tenant_table(
    "research_notes",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    text_column("kind"),
    text_column("text"),
    text_column("source"),
    Column("source_date", Date, nullable=False),
    uuid_column("author_id"),
    time_column("create_time"),
)
cells_table = tenant_table(
    "fit_cells",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    Column("revision", Integer, nullable=False),
    text_column("product_code"),
    text_column("need"),
    Column("importance", Integer, nullable=False),
    Column("fit", Integer, nullable=False),
    uuid_column("author_id"),
    time_column("create_time"),
)
n, f = notes_table.c, cells_table.c
note_codec = Codec(ResearchNote, pb.ResearchNote)
cell_codec = Codec(FitCell, pb.FitCell)
matrix_codec = Codec(FitMatrix, pb.FitMatrix)
notes = Store(notes_table, note_codec, "research note", "客户研究", sight=of_account(notes_table))
listing = Listing(
    notes_table,
    filters={"account_id": by_id(n.account_id), "kind": by_enum(n.kind, pb.ResearchNote.Kind)},
    orders=("create_time desc", "create_time", "source_date desc", "source_date"),
    sight=of_account(notes_table),
)
ADD_CELL = Query(insert(cells_table).values(given_columns(cells_table)))
_of_account = (f.tenant_id == bindparam("tenant_id", type_=Uuid)) & (
    f.account_id == bindparam("account_id", type_=Uuid)
)
NEWEST = Query(select(func.coalesce(func.max(f.revision), 0)).where(_of_account))
_named = f.revision == bindparam("revision", type_=Integer)
_order = (f.merged_from.is_not(None), f.create_time.desc(), f.revision.desc())


def _cells(named: bool) -> Select[tuple[Any, ...]]:
    wanted = _of_account & _named if named else _of_account
    one = select(f.merged_from, f.revision).where(wanted).order_by(*_order).limit(1).subquery("one")
    same = (f.revision == one.c.revision) & f.merged_from.is_not_distinct_from(one.c.merged_from)
    return select(cells_table).join(one, same).where(_of_account)


CELLS = Variants(_cells)
"""The newest matrix of a customer, or the one of a revision; its own before those of what was merged into it."""
