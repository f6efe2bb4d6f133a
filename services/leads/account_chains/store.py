"""Chains in PostgreSQL. A link is seen with its contact; what a contact suffers is sealed under that person's key."""

from collections.abc import Callable
from typing import Any

from dealtrail.leads.v1 import account_chains_pb2 as pb
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Table,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, array

from services.kit.codec import Codec
from services.kit.pages import Listing, by_id
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query, insert_row
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.account_chains.domain import AccountChain, Approval, ChainChange, Pain
from services.leads.accounts.store import contacts_table, with_account
from services.leads.metadata import metadata

_link = ("contact_id", "person_id", "author_id")


def _said() -> tuple[Column[Any], ...]:
    """What is said of a pain."""
    return text_column("pain"), text_column("reason"), Column("affected_contact_ids", ARRAY(Uuid), nullable=False)


pains_table = tenant_table(
    "pains",
    metadata,
    uuid_column(),
    *map(uuid_column, _link),
    *_said(),
    sealed_column(),
    time_column("delete_time", nullable=True),
    *change_columns(),
)
approvals_table = tenant_table(
    "approvals",
    metadata,
    uuid_column(),
    *map(uuid_column, _link),
    uuid_column("approver_id", nullable=True),
    time_column("delete_time", nullable=True),
    *change_columns(),
)
changes_table = tenant_table(
    "chain_changes",
    metadata,
    uuid_column(),
    uuid_column("link_id"),
    text_column("kind"),
    text_column("deed"),
    *map(uuid_column, _link),
    *_said(),
    uuid_column("approver_id", nullable=True),
    sealed_column(),
    Column("version", BigInteger, nullable=False),
    time_column("create_time"),
)
p, a, h, c = pains_table.c, approvals_table.c, changes_table.c, contacts_table.c
_tenant = bindparam("tenant_id", type_=Uuid)
_account = bindparam("account_id", type_=Uuid)


def _of_contact(rows: Table) -> Callable[[str], ColumnElement[bool]]:
    """Rows with a `contact_id` that exist for the caller: those whose contact does."""

    def sight(reach: str) -> ColumnElement[bool]:
        same = (c.tenant_id == rows.c.tenant_id) & (c.id == rows.c.contact_id)
        tenant: ColumnElement[bool] = rows.c.tenant_id == _tenant
        return tenant & exists(select(1).where(same, with_account(reach)))

    return sight


def _at_account(rows: Table) -> ColumnElement[bool]:
    same = (c.tenant_id == rows.c.tenant_id) & (c.id == rows.c.contact_id)
    return exists(select(1).where(same, c.account_id == _account))


pain_codec = Codec(Pain, pb.Pain)
approval_codec = Codec(Approval, pb.Approval)
chain_codec = Codec(AccountChain, pb.AccountChain)
change_codec = Codec(ChainChange, pb.ChainChange)
pain_sealing = Sealing(pains_table, ("pain", "reason"), key="person_id")
change_sealing = Sealing(changes_table, ("pain", "reason"), key="person_id")
pains = Store(pains_table, pain_codec, "pain", "痛点", _of_contact(pains_table), sealing=pain_sealing)
approvals = Store(approvals_table, approval_codec, "approval", "审批关系", _of_contact(approvals_table))
listing = Listing(
    changes_table,
    filters={"link_id": by_id(h.link_id), "contact_id": by_id(h.contact_id)},
    orders=("create_time desc",),
    within=_at_account(changes_table),
    sight=_of_contact(changes_table),
    sealing=change_sealing,
)
ADD_CHANGE = insert_row(changes_table)
PAINS = Query(
    pain_sealing.select()
    .where(p.tenant_id == _tenant, p.delete_time.is_(None), _at_account(pains_table))
    .order_by(p.create_time, p.id)
)
APPROVALS = Query(
    select(approvals_table)
    .where(a.tenant_id == _tenant, a.delete_time.is_(None), _at_account(approvals_table))
    .order_by(a.create_time, a.id)
)


def _above() -> Query:
    """The approvals that stand of a contact, and of an approver and everybody above.

    Of whatever account: a merge may be undone, and done again.
    """
    stands = (a.tenant_id == _tenant) & a.delete_time.is_(None)
    ids = bindparam("contact_ids", type_=ARRAY(Uuid))
    found = select(a.id, a.approver_id).where(stands, a.contact_id == any_(ids)).cte("above", recursive=True)
    found = found.union(select(a.id, a.approver_id).join(found, a.contact_id == found.c.approver_id).where(stands))
    return Query(select(approvals_table).where(a.tenant_id == _tenant, a.id.in_(select(found.c.id))))


ABOVE = _above()
_gone = bindparam("contact_ids", type_=ARRAY(Uuid))
_one = bindparam("contact_id", type_=Uuid)
FORGET = (
    *(
        Query(delete(rows).where(rows.c.tenant_id == _tenant, rows.c.contact_id == any_(_gone)))
        for rows in (pains_table, approvals_table, changes_table)
    ),
    *(
        Query(delete(rows).where(rows.c.tenant_id == _tenant, rows.c.approver_id == any_(_gone)))
        for rows in (approvals_table, changes_table)
    ),
)
UNAFFECT = tuple(
    Query(
        update(rows)
        .where(rows.c.tenant_id == _tenant, rows.c.affected_contact_ids.contains(array([_one])))
        .values(affected_contact_ids=func.array_remove(rows.c.affected_contact_ids, _one))
    )
    for rows in (pains_table, changes_table)
)
