"""Touchpoints and signed contracts of accounts, as other services tell of them, in PostgreSQL."""

from dealtrail.leads.v1 import activity_pb2 as pb
from sqlalchemy import BigInteger, Column, Date, Integer, Uuid, asc, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.expression import Executable

from services.kit.aliases import given_columns, merged_from_column
from services.kit.codec import Codec
from services.kit.sql import Query, Variants
from services.kit.tables import money_columns, tenant_table, text_column, time_column, uuid_column
from services.kit.visibility import in_sight
from services.leads.accounts.store import accounts_table
from services.leads.activity.domain import NeglectedAccount
from services.leads.metadata import metadata

touches_table = tenant_table(
    "account_touches",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    text_column("kind"),
    text_column("category"),
    time_column("occurred_time"),
    Column("version", BigInteger, nullable=False),
)
sales_table = tenant_table(
    "account_sales",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    *money_columns("amount"),
    Column("sign_date", Date, nullable=False),
    time_column("sign_time"),
)
sale_lines_table = tenant_table(
    "account_sale_lines",
    metadata,
    uuid_column("contract_id"),
    Column("line", Integer, nullable=False),
    uuid_column("account_id"),
    merged_from_column(),
    text_column("product_code"),
    *money_columns("amount"),
    Column("sign_date", Date, nullable=False),
    key=("contract_id", "line"),
)
codec = Codec(NeglectedAccount, pb.NeglectedAccount)

_touch = insert(touches_table).values(given_columns(touches_table))
# Events may come in another order than they happened: the newest version of a touchpoint stands.
KEEP_TOUCH = Query(
    _touch.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={name: _touch.excluded[name] for name in ("kind", "category", "occurred_time", "version")},
        where=touches_table.c.version < _touch.excluded.version,
    )
)
KEEP_SALE = Query(insert(sales_table).values(given_columns(sales_table)).on_conflict_do_nothing())
KEEP_SALE_LINE = Query(insert(sale_lines_table).values(given_columns(sale_lines_table)).on_conflict_do_nothing())
DROP_SALE = Query(
    delete(sales_table).where(
        sales_table.c.tenant_id == bindparam("tenant_id", type_=Uuid), sales_table.c.id == bindparam("id", type_=Uuid)
    )
)

a = accounts_table.c
_here = {"tenant_id": bindparam("tenant_id", type_=Uuid)}
_signed = (
    select(sales_table.c.account_id, func.max(sales_table.c.sign_time).label("last_sign_time"))
    .where(sales_table.c.tenant_id == _here["tenant_id"])
    .group_by(sales_table.c.account_id)
    .subquery("signed")
)
_met = (
    select(func.max(touches_table.c.occurred_time).label("last_touch_time"))
    .where(touches_table.c.tenant_id == _here["tenant_id"], touches_table.c.account_id == a.id)
    .lateral("met")
)


def _neglected(how_far: str, of_owner: bool, counted: bool, further: bool) -> Executable:
    since = func.greatest(_met.c.last_touch_time, _signed.c.last_sign_time)
    columns = (
        [func.count().label("total")]
        if counted
        else [a.id, a.name, a.owner_id, _signed.c.last_sign_time, _met.c.last_touch_time, since.label("waiting_since")]
    )
    before = bindparam("before", type_=_signed.c.last_sign_time.type)
    found = (
        select(*columns)
        .select_from(accounts_table.join(_signed, _signed.c.account_id == a.id).join(_met, a.id == a.id))
        .where(in_sight(accounts_table, how_far), since <= before)
    )
    if of_owner:
        found = found.where(a.owner_id == bindparam("owner", type_=Uuid))
    if counted:
        return found
    if further:
        last = bindparam("after", type_=_signed.c.last_sign_time.type), bindparam("after_id", type_=Uuid)
        found = found.where(tuple_(since, a.id) > tuple_(*last))
    return found.order_by(asc("waiting_since"), asc(a.id)).limit(bindparam("limit", type_=Integer))


NEGLECTED = Variants(_neglected)
