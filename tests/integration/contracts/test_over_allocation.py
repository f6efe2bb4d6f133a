"""Four receipts at once for each of fifty instalments: none is paid beyond its amount, and a planted bug is seen."""

import asyncio
import copy

import asyncpg
import pytest
from grpc import StatusCode

from services.contracts.allocations import operations as allocations
from services.contracts.allocations.store import OWED
from services.contracts.instalments.store import PAY
from services.kit.testing import Refusal
from tests.integration.contracts.asking import Desk, database
from tests.integration.contracts.conftest import Company, serving

INSTALMENTS = 50
AT_ONCE = 4


async def _storm(desk, account):
    """60.00 of 100.00 four times for each instalment, all at once: how many receipts stand, and the other refusals."""
    contract = await desk.signed(account, f"{INSTALMENTS * 100}.00", ["100.00"] * INSTALMENTS)
    # As many as the service has connections and some who wait, so that nobody waits in vain on a slow machine.
    gate = asyncio.Semaphore(AT_ONCE * 4)

    async def pay(instalment):
        async with gate:
            return await desk.receive("60.00", contract_id=contract.id, told=[(instalment, "60.00")])

    calls = [pay(one) for one in await desk.instalments(contract) for _ in range(AT_ONCE)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, BaseException)]
    assert all(isinstance(one, Refusal) for one in refused), refused
    return len(answers) - len(refused), refused


async def _must_not_be_over_applied(access, who):
    """No instalment is paid beyond its amount, by the balance that is kept and by the journal."""
    async with database(access, who) as connection:
        kept = await connection.fetchval("SELECT count(*) FROM instalments WHERE paid > amount")
        journal = await connection.fetchval(
            """SELECT count(*) FROM (
                SELECT FROM journal WHERE book = 'RECEIVABLE' GROUP BY instalment_id HAVING sum(amount) < 0
            ) overpaid"""
        )
    assert (kept, journal) == (0, 0), "instalments are paid beyond their amount"


async def test_of_four_receipts_at_once_for_an_instalment_one_is_allocated(rep, boss, company, account, access):
    stand, refused = await _storm(rep, account)
    assert {one.reason for one in refused} == {"OVER_ALLOCATED"}
    assert (stand, len(refused)) == (INSTALMENTS, INSTALMENTS * (AT_ONCE - 1))
    await _must_not_be_over_applied(access, company.rep)
    assert not await boss.discrepancies()


@pytest.fixture
def read_then_pay(monkeypatch):
    """The bug: what is open is read without holding it, and the payment is added whatever is open by then."""
    unheld = copy.copy(OWED("own"))
    unheld.text = unheld.text.replace(" FOR UPDATE OF instalments", "")
    unguarded = copy.copy(PAY)
    unguarded.text = unguarded.text.replace("instalments.paid + anon_1.amount <= instalments.amount", "true")
    assert unheld.text != OWED("own").text
    assert unguarded.text != PAY.text
    monkeypatch.setattr(allocations, "OWED", lambda _: unheld)
    monkeypatch.setattr(allocations, "PAY", unguarded)


async def test_a_receipt_that_reads_and_then_pays_is_stopped_by_the_database(
    rep, company, account, access, read_then_pay
):
    _, refused = await _storm(rep, account)
    assert StatusCode.INTERNAL in {one.code for one in refused}
    await _must_not_be_over_applied(access, company.rep)


async def test_a_receipt_that_reads_and_then_pays_is_seen_by_this_test(postgres, nats_server, tmp_path, read_then_pay):
    async with postgres.fresh("contracts") as access, serving(access, nats_server, tmp_path) as house:
        owner = await asyncpg.connect(access.owner)
        await owner.execute("ALTER TABLE instalments DROP CONSTRAINT instalments_paid")
        await owner.execute("ALTER TABLE instalments DROP CONSTRAINT instalments_paid_date")
        await owner.close()
        rep = Company().rep
        await _storm(Desk(house.call, rep), house.market.account(rep))
        with pytest.raises(AssertionError, match="paid beyond"):
            await _must_not_be_over_applied(access, rep)
