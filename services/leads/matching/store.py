"""The marks in PostgreSQL by which leads and accounts are found."""

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    column,
    delete,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.aliases import root
from services.kit.sql import Query
from services.kit.tables import tenant_table, text_column, uuid_column
from services.leads.accounts.store import accounts_table
from services.leads.leads.domain import Status
from services.leads.leads.store import table as leads_table
from services.leads.metadata import metadata

AT_MOST = 2000
"""Rows that one look takes in: a brand that more companies share says nothing."""

marks_table = tenant_table(
    "match_marks",
    metadata,
    uuid_column("row_id"),
    Column("mark", LargeBinary, nullable=False),
    text_column("sign"),
    key=("row_id", "mark"),
)
_tenant = bindparam("tenant_id", type_=Uuid)
_ids = bindparam("ids", type_=ARRAY(Uuid))
_marks = bindparam("marks", type_=ARRAY(LargeBinary))
_as_marked = accounts_table.alias("as_marked")
_lead_as_marked = leads_table.alias("lead_as_marked")
_k, _l, _a, _m = marks_table.c, leads_table.c, accounts_table.c, _as_marked.c
_lm = _lead_as_marked.c
_given = func.unnest(bindparam("row_ids", type_=ARRAY(Uuid)), _marks, bindparam("signs", type_=ARRAY(Text)))
_new = _given.table_valued(column("row_id"), column("mark"), column("sign")).render_derived()
_marked = (
    insert(marks_table)
    .from_select([c.name for c in marks_table.columns], select(_tenant, _new.c.row_id, _new.c.mark, _new.c.sign))
    .on_conflict_do_nothing()
)
MARK = Query(_marked)
LOOK = Query(
    select(
        func.coalesce(_l.id, _a.id).label("row_id"),
        _k.mark,
        _k.sign,
        _l.id.label("lead_id"),
        func.coalesce(_l.owner_id, _a.owner_id).label("owner_id"),
        case((_l.id.is_not(None), _l.team_id), else_=_a.team_id).label("team_id"),
        func.coalesce(_lm.company, _m.name).label("company"),
        func.coalesce(_lm.uscc, _m.uscc).label("uscc"),
        func.coalesce(_l.create_time, _a.create_time).label("capture_time"),
        func.coalesce(_l.exclusive, false()).label("exclusive"),
    )
    .select_from(
        marks_table.outerjoin(_lead_as_marked, (_lm.tenant_id == _k.tenant_id) & (_lm.id == _k.row_id))
        .outerjoin(
            leads_table,
            (_l.tenant_id == _lm.tenant_id)
            & (_l.id == case((_lm.merged_into.is_(None), _lm.id), else_=root(_lm.id)))
            & ((_l.status == Status.NEW.value) | (_l.status == Status.QUALIFIED.value)),
        )
        .outerjoin(_as_marked, (_m.tenant_id == _k.tenant_id) & (_m.id == _k.row_id))
        .outerjoin(accounts_table, (_a.tenant_id == _m.tenant_id) & (_a.id == root(_m.id)))
    )
    .where(
        _k.tenant_id == _tenant,
        _k.mark == any_(_marks),
        or_(_l.id.is_not(None), _a.id.is_not(None)),
    )
    .limit(AT_MOST)
    .add_cte(_marked.cte("marked"))
)
"""Mark the given rows, and find the open leads and the accounts that have one of these marks already.

What was merged is found as the one that there is, by the name and code of its own."""
MARK_UNMATCHED = Query(
    select(
        func.mark_unmatched(
            _tenant,
            bindparam("row_id", type_=Uuid),
            bindparam("owner_id", type_=Uuid),
            _marks,
            bindparam("signs", type_=ARRAY(Text)),
            bindparam("turns", type_=ARRAY(BigInteger)),
        )
    ),
    "mark unmatched",
)
"""Mark a row that nobody else has anything of; see the migration that makes the function."""
UNMARK = Query(delete(marks_table).where(_k.tenant_id == _tenant, _k.row_id == bindparam("row_id", type_=Uuid)))
FORGET = Query(
    delete(marks_table).where(
        _k.tenant_id == _tenant,
        _k.row_id == any_(_ids),
        _k.mark == any_(_marks),
    )
)
