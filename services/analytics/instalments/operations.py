"""Learn what an event tells of instalments, and keep the sums true."""

from collections.abc import Sequence
from dataclasses import replace

from services.analytics.instalments import store
from services.analytics.instalments.domain import (
    Contract,
    Debt,
    Instalment,
    Payment,
    newer_contract,
    newer_instalment,
    with_payments,
)
from services.analytics.rollups.domain import NOTHING, Cell, Sums, changes, merge
from services.kit.database import Tx


async def learn(
    tx: Tx, contract: Contract | None, instalments: Sequence[Instalment], paid: Sequence[Payment] = ()
) -> None:
    """Add to what is known of a contract, of instalments and of their payments, and to the sums what that changes."""
    told = {one.id: one for one in instalments}
    concerned = {one.contract_id for one in instalments} | ({contract.id} if contract else set())
    were = await store.known_contracts(tx, concerned)
    newest = newer_contract(were.get(contract.id), contract) if contract else None
    are = were | ({newest.id: newest} if newest else {})
    known = await store.known_debts(tx, told, contract.id if contract else None)
    debts: list[Debt] = []
    sums: dict[Cell, Sums] = {}
    for identity in sorted(known.keys() | told.keys()):
        before = known.get(identity)
        instalment = newer_instalment(before.instalment if before else None, told.get(identity))
        more = [one for one in paid if one.instalment_id == identity]
        after = Debt(instalment, are.get(instalment.contract_id), with_payments(before.paid if before else {}, more))
        was = replace(before, contract=were.get(instalment.contract_id)).share() if before else NOTHING
        merge(sums, changes(was, after.share()))
        debts.append(after)
    await store.write(tx, newest, debts, paid)
    await store.rollup.add(tx, sums)
