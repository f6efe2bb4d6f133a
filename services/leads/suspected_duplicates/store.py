"""Pairs of accounts with marks in common, found by the index of marks, and dismissals, in PostgreSQL."""

from collections.abc import Callable

from dealtrail.leads.v1 import collisions_pb2
from dealtrail.leads.v1 import suspected_duplicates_pb2 as pb
from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from services.kit.aliases import root
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, Rows
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.accounts.store import accounts_table, standing
from services.leads.matching.domain import Sign
from services.leads.matching.store import marks_table
from services.leads.metadata import metadata
from services.leads.suspected_duplicates.domain import STRENGTH, DuplicateDismissal

CROWD = 50
"""Records that share a mark which still tells something; it bounds the pairs of a mark."""
table = tenant_table(
    "duplicate_dismissals",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    uuid_column("duplicate_id"),
    text_column("purpose"),
    uuid_column("dismissed_by"),
    uuid_column("undone_by", nullable=True),
    time_column("undo_time", nullable=True),
    sealed_column(),
    *change_columns(),
)
_tenant = bindparam("tenant_id", type_=Uuid)


def _of_both(rows: Rows, stand: Callable[[str], ColumnElement[bool]]) -> Callable[[str], ColumnElement[bool]]:
    """Rows of two accounts that exist for the caller: those of which both do."""

    def sight(reach: str) -> ColumnElement[bool]:
        both = select(accounts_table.c.id).where(stand(reach))
        mine: ColumnElement[bool] = rows.c.tenant_id == _tenant
        return mine & rows.c.account_id.in_(both) & rows.c.duplicate_id.in_(both)

    return sight


codec = Codec(DuplicateDismissal, pb.DuplicateDismissal)
sealing = Sealing(table, ("purpose",))
_seen = _of_both(table, standing)
dismissals = Store(table, codec, "dismissal", "排除记录", sight=_seen, sealing=sealing)
dismissal_listing = Listing(table, filters={}, orders=("create_time desc",), sight=_seen, sealing=sealing)
_same = (
    (table.c.tenant_id == _tenant)
    & (table.c.account_id == bindparam("account_id", type_=Uuid))
    & (table.c.duplicate_id == bindparam("duplicate_id", type_=Uuid))
)
DISMISSED = Query(select(table.c.id).where(_same, table.c.undo_time.is_(None)))

_k, _as_marked = marks_table.c, accounts_table.alias("as_marked")
_shared = (
    select(_k.mark)
    .where(_k.tenant_id == _tenant)
    .group_by(_k.mark)
    .having(func.count().between(2, CROWD))
    .subquery("shared")
)
_marked = (
    select(_k.mark, _k.sign, _as_marked.c.name, _as_marked.c.uscc, root(_k.row_id).label("account_id"))
    .join(_shared, _shared.c.mark == _k.mark)
    .join(_as_marked, (_as_marked.c.tenant_id == _k.tenant_id) & (_as_marked.c.id == _k.row_id))
    .where(_k.tenant_id == _tenant)
    .cte("marked")
)
_one, _two = _marked.alias("one"), _marked.alias("two")
_by_name = _one.c.sign == Sign.NAME.value
_strength = sum(
    (cast(func.bool_or(_one.c.sign == sign.value), Integer) * weight for sign, weight in STRENGTH.items()),
    literal(0, Integer),
)
_pairs = (
    select(
        _one.c.account_id,
        _two.c.account_id.label("duplicate_id"),
        func.array_agg(_one.c.sign.distinct()).label("signs"),
        _strength.label("strength"),
        *(
            func.array_agg(side.c[name]).filter(_by_name).label(f"{whose}_{name}s")
            for whose, side in (("my", _one), ("their", _two))
            for name in ("name", "uscc")
        ),
    )
    .join(_two, (_one.c.mark == _two.c.mark) & (_one.c.account_id < _two.c.account_id))
    .group_by(_one.c.account_id, _two.c.account_id)
    .subquery("pairs")
)
_mine, _theirs = accounts_table.alias("mine"), accounts_table.alias("theirs")
_dismissed = exists(
    select(1).where(
        table.c.tenant_id == _tenant,
        table.c.account_id == _pairs.c.account_id,
        table.c.duplicate_id == _pairs.c.duplicate_id,
        table.c.undo_time.is_(None),
    )
)
suspects = (
    select(
        _tenant.label("tenant_id"),
        cast(func.md5(cast(_pairs.c.account_id, Text) + cast(_pairs.c.duplicate_id, Text)), Uuid).label("id"),
        *_pairs.c,
        _mine.c.name.label("account_name"),
        _mine.c.owner_id.label("account_owner_id"),
        _theirs.c.name.label("duplicate_name"),
        _theirs.c.owner_id.label("duplicate_owner_id"),
    )
    .select_from(_pairs)
    .join(_mine, (_mine.c.tenant_id == _tenant) & (_mine.c.id == _pairs.c.account_id))
    .join(_theirs, (_theirs.c.tenant_id == _tenant) & (_theirs.c.id == _pairs.c.duplicate_id))
    .where(~_dismissed)
    .subquery("suspects")
)
_owner = bindparam("owner_id", type_=Uuid)
listing = Listing(
    suspects,
    filters={
        "match": Filter(bindparam("match", type_=Text) == any_(suspects.c.signs), collisions_pb2.Collision.Match.Name),
        "owner_id": Filter(or_(suspects.c.account_owner_id == _owner, suspects.c.duplicate_owner_id == _owner)),
    },
    orders=("strength desc", "strength"),
    sight=_of_both(suspects, standing),
)
"""Pairs that share a mark. Linear in the marks there are: none of them makes more pairs than a crowd allows."""
