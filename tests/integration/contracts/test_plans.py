"""What a contract's plan of instalments adds up to, over gRPC on real PostgreSQL."""

import asyncio

import asyncpg
import pytest
from dealtrail.contracts.v1 import contracts_pb2 as pb

from tests.integration.contracts.asking import database, refusal, yuan


async def test_the_instalments_sum_to_the_amount_to_the_cent(rep, account):
    made = await rep.draft(account, "100.00", ["33.33", "33.33", "33.34"])
    assert [one.amount.amount for one in await rep.instalments(made)] == ["33.33", "33.33", "33.34"]
    for parts in (["33.33", "33.33", "33.33"], ["100.01"], ["100.00", "0.01"]):
        assert await refusal(rep.draft(account, "100.00", parts)) == "INSTALMENTS_DO_NOT_SUM"
    dollars = {"amount": {"amount": "100.00", "currency": "USD"}}
    assert await refusal(rep.draft(account, "100.00", [dollars])) == "CURRENCY_DIFFERS"
    assert await refusal(rep.draft(account, "100.00", ["-1.00", "101.00"])) == "AMOUNT_NOT_POSITIVE"


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
async def test_an_amount_is_more_than_nothing(rep, account, amount):
    assert await refusal(rep.draft(account, amount)) == "AMOUNT_NOT_POSITIVE"


@pytest.mark.parametrize("amount", ["0.001", "NaN", "1e3", "１２", "10000000000000", "1,000", " 1"])
async def test_what_is_no_amount_in_cents_is_refused(rep, account, amount):
    assert await refusal(rep.draft(account, amount)) == "INVALID"


async def test_the_largest_amount_is_kept_exactly_and_no_larger_one_comes_out_of_lines(rep, account):
    most = "9999999999999.99"
    assert (await rep.draft(account, most)).amount.amount == most
    line = {"quantity": "2", "unit_price": yuan(most)}
    assert await refusal(rep.draft(account, None, lines=[line])) == "AMOUNT_TOO_LARGE"


async def test_without_instalments_all_is_due_on_signing(rep, account):
    made = await rep.draft(account)
    [only] = await rep.instalments(made)
    assert (only.amount.amount, only.trigger, only.due_date) == ("90.00", pb.Instalment.SIGN, "")
    await rep.sign(made, "2024-03-05")
    [only] = await rep.instalments(made)
    assert (only.due_date, only.paid.amount) == ("2024-03-05", "0.00")


async def test_an_instalment_due_on_a_day_names_the_day_and_others_wait_for_their_trigger(rep, account):
    parts = [
        {"amount": yuan("30.00"), "due_date": "2024-06-30", "label": "首付款"},
        {"amount": yuan("60.00"), "trigger": "ACCEPT"},
    ]
    made = await rep.signed(account, "90.00", parts)
    first, second = await rep.instalments(made)
    assert (first.trigger, first.due_date, first.label) == (pb.Instalment.DATE, "2024-06-30", "首付款")
    assert (second.trigger, second.due_date) == (pb.Instalment.ACCEPT, "")
    without_day = [{"amount": yuan("90.00"), "trigger": "DATE"}]
    assert await refusal(rep.draft(account, "90.00", without_day)) == "INVALID"
    no_such_day = [{"amount": yuan("90.00"), "due_date": "2024-02-30"}]
    assert await refusal(rep.draft(account, "90.00", no_such_day)) == "INVALID"


async def test_the_database_itself_refuses_a_plan_that_does_not_add_up(rep, company, account, access):
    made = await rep.draft(account, "90.00", ["30.00", "60.00"])
    async with database(access, company.rep) as connection:
        for statement in (
            "UPDATE instalments SET amount = amount + 1 WHERE seq = 1",
            "UPDATE contracts SET amount = 91",
            "UPDATE contracts SET amount_currency = 'USD'",
            "DELETE FROM instalments WHERE seq = 2",
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(statement)
        await connection.execute("UPDATE instalments SET amount = 45")
    assert [one.amount.amount for one in await rep.instalments(made)] == ["45.00", "45.00"]


async def test_two_who_change_a_plan_at_the_same_time_cannot_make_it_not_add_up(rep, company, account, access):
    made = await rep.draft(account, "90.00", ["30.00", "60.00"])

    more = "UPDATE contracts SET amount = 100 WHERE id = $1"
    async with database(access, company.rep) as one, database(access, company.rep) as other:

        async def grow():
            async with one.transaction():
                await one.execute("UPDATE instalments SET amount = 40 WHERE seq = 1")
                await asyncio.sleep(0.1)
                await one.execute(more, made.id)

        async def shrink():
            await asyncio.sleep(0.05)
            await other.execute("UPDATE instalments SET amount = 50 WHERE seq = 2")

        outcomes = await asyncio.gather(grow(), shrink(), return_exceptions=True)
    assert [type(one) for one in outcomes] == [type(None), asyncpg.CheckViolationError]
    assert [one.amount.amount for one in await rep.instalments(made)] == ["40.00", "60.00"]
