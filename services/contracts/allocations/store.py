"""What is owed, in PostgreSQL; and the journal's word on what receipts pay."""

from dealtrail.contracts.v1 import receipts_pb2 as pb
from sqlalchemy import Uuid, and_, any_, bindparam, func, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import Executable

from services.contracts.allocations.domain import Allocation
from services.contracts.contracts.domain import Status
from services.contracts.contracts.store import table as contracts_table
from services.contracts.instalments.store import table as instalments_table
from services.kit.codec import Codec
from services.kit.sql import Variants
from services.kit.visibility import in_sight

codec = Codec(Allocation, pb.Allocation)


def _some(name: str) -> object:
    return any_(bindparam(name, type_=ARRAY(Uuid)))


def _contracts(reach: str) -> Executable:
    found = select(contracts_table).where(contracts_table.c.id == _some("ids"), in_sight(contracts_table, reach))
    return found.order_by(contracts_table.c.id).with_for_update(read=True)


CONTRACTS = Variants(_contracts)
"""Contracts, kept as they are until the transaction ends, so that the copy of their owner is true."""


def _owed(reach: str) -> Executable:
    contract, part = contracts_table, instalments_table
    together = and_(contract.c.tenant_id == part.c.tenant_id, contract.c.id == part.c.contract_id)
    ours = part.c.tenant_id == bindparam("tenant_id")
    is_open = part.c.paid < part.c.amount
    of_contracts = select(part.c.id).where(ours, part.c.contract_id == _some("contracts"), is_open)
    of_accounts = (
        select(part.c.id)
        .join_from(contract, part, together)
        .where(contract.c.tenant_id == bindparam("tenant_id"), contract.c.account_id == _some("accounts"), is_open)
    )
    named = select(func.unnest(bindparam("ids", type_=ARRAY(Uuid))))
    # An array is computed once; a join with the union was planned quadratic while the tables grow.
    wanted = any_(func.array(union_all(of_contracts, of_accounts, named).scalar_subquery()))
    names = ("account_id", "merged_from", "deal_id", "sign_date", "owner_id", "team_id", "collaborators")
    owner = (contract.c[name] for name in names)
    return (
        select(part, *owner)
        .join_from(part, contract, together)
        .where(ours, part.c.id == wanted, contract.c.status == Status.SIGNED.value, in_sight(contract, reach))
        .order_by(part.c.id)
        .with_for_update(of=part)
    )


OWED = Variants(_owed)
"""Instalments of signed contracts: the open ones of contracts and of accounts, and those named by id.

They are locked, always in the order of their ids, so that what is open of them is true until the transaction ends.
"""
