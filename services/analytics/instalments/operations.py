"""Learn what events tell of instalments, and keep the sums true."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from services.analytics.instalments import store
from services.analytics.instalments.domain import Contract, Debt, Instalment, Payment, Told, newer, with_payments
from services.analytics.rollups.domain import NOTHING, Changes
from services.analytics.rollups.operations import hold, teams
from services.kit.database import Tx


async def learn(
    tx: Tx, contracts: Iterable[Contract], instalments: Iterable[Instalment], paid: Iterable[Payment] = ()
) -> None:
    """Add to what is known of contracts, of instalments and of their payments, and to the sums what that changes."""
    await hold(tx, "instalments")
    told = _newest(instalments)
    news = _newest(contracts)
    were = await store.known_contracts(tx, news.keys() | {one.contract_id for one in told.values()})
    present = await teams(tx, (one.owner_id for one in (*news.values(), *were.values())))
    are = were | {one: newer(were.get(one), new).with_team_of(present) for one, new in news.items()}
    known = await store.known_debts(tx, told, news)
    payments: dict[UUID, list[Payment]] = {}
    for one in paid:
        payments.setdefault(one.instalment_id, []).append(one)
    debts: list[Debt] = []
    sums = Changes()
    for identity in sorted(known.keys() | told.keys()):
        before = known.get(identity)
        instalment = newer(before.instalment if before else None, told.get(identity))
        contract_id = instalment.contract_id
        so_far = with_payments(before.paid if before else {}, payments.get(identity, ()))
        after = Debt(instalment, are.get(contract_id), so_far)
        was = replace(before, contract=were.get(contract_id)).share() if before else NOTHING
        sums.count(was, after.share())
        debts.append(after)
    await store.write(tx, [are[one] for one in news], debts, payments)
    await store.rollup.add(tx, sums)


def _newest(told: Iterable[Told]) -> dict[UUID, Told]:
    found: dict[UUID, Told] = {}
    for one in told:
        found[one.id] = newer(found.get(one.id), one)
    return found
