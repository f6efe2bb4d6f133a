"""Whatever is done with contracts and receipts, in any order, at once or twice: the books stay right (I9 to I11)."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from dealtrail.contracts.v1 import contracts_pb2, receipts_pb2
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.kit.testing import Refusal
from tests.integration.contracts.asking import Desk, database, fresh, part, yuan
from tests.integration.contracts.conftest import Company, House

CENT = Decimal("0.01")
MOST = Decimal("9999999999999.99")
AMOUNTS = st.one_of(
    st.sampled_from([CENT, Decimal("0.02"), Decimal("0.10"), Decimal("1.00"), Decimal("100.00"), MOST]),
    st.decimals(min_value=CENT, max_value=Decimal("1000.00"), places=2),
)
NO_AMOUNTS = st.sampled_from(
    ["0.001", "-1.00", "0.00", "NaN", "Infinity", "1e2", "１２.００", "10000000000000", "", "1,000"]
)
DAYS = st.sampled_from(["2024-01-01", "2024-01-15", "2024-01-31", "2024-02-01", "2024-03-01", "2024-06-30"])

BOOKS = """
SELECT
    (SELECT count(*) FROM contracts c WHERE amount IS DISTINCT FROM (
        SELECT sum(i.amount) FROM instalments i
        WHERE i.contract_id = c.id AND i.amount_currency = c.amount_currency)) AS not_adding_up,
    (SELECT count(*) FROM instalments WHERE paid < 0 OR paid > amount) AS over_applied,
    (SELECT count(*) FROM receipts r WHERE status = 'RECORDED' AND amount - unapplied <> (
        SELECT coalesce(-sum(j.amount), 0) FROM journal j
        WHERE j.receipt_id = r.id AND j.book = 'RECEIVABLE')) AS receipts_not_adding_up,
    (SELECT count(*) FROM instalments i WHERE paid_date IS DISTINCT FROM (CASE WHEN paid = amount THEN (
        SELECT max(day) FROM (
            SELECT effective_date AS day FROM journal j WHERE j.instalment_id = i.id AND j.book = 'RECEIVABLE'
            AND j.receipt_id IS NOT NULL GROUP BY effective_date HAVING sum(j.amount) < 0
        ) days) END)) AS wrong_paid_dates,
    (SELECT count(*) FROM (
        SELECT FROM journal GROUP BY entry_id HAVING sum(amount) <> 0) entries) AS unbalanced,
    (SELECT count(*) FROM journal j JOIN instalments i ON i.id = j.instalment_id WHERE j.book = 'RECEIVABLE' AND (
        SELECT sum(p.amount) NOT BETWEEN 0 AND i.amount FROM journal p WHERE p.instalment_id = i.id
        AND p.book = 'RECEIVABLE' AND p.effective_date <= j.effective_date)) AS wrong_as_of_some_day
"""
PAST = "SELECT count(*), md5(string_agg(j::text, '' ORDER BY j::text)) FROM journal j WHERE recorded_at <= $1"


def split(amount, parts):
    """Parts as even as cents allow, the last one taking the rest: a third of 100.00 is 33.33, 33.33, 33.34."""
    each = (amount / parts).quantize(CENT, rounding="ROUND_DOWN")
    return [each] * (parts - 1) + [amount - each * (parts - 1)] if each else [amount]


@dataclass
class World:
    """A running service, and the loop on which it runs."""

    loop: asyncio.AbstractEventLoop
    house: House


class Books(RuleBasedStateMachine):
    """Each example is a tenant of its own. A command may be refused; it may never leave the books wrong."""

    world: World

    @initialize()
    def open_the_books(self):
        people = Company()
        self.world.house.employ(people)
        self.desk = Desk(self.world.house.call, people.boss)
        self.account = self.world.house.market.account(people.boss)
        self.contracts: list[contracts_pb2.Contract] = []
        self.receipts: list[receipts_pb2.Receipt] = []
        self.done: list[tuple[Any, ...]] = []
        self.past = None
        self.write_a_contract(Decimal("100.00"), 3, "2024-01-01")
        self.write_a_contract(Decimal("100.00"), 1, "")
        request = {"account_id": self.account, "amount": yuan("120.00"), "received_date": "2024-02-01"}
        self.put(self.receipts, self.command("RecordReceipt", receipts_pb2.RecordReceiptRequest(**request)))

    def wait(self, call):
        return self.world.loop.run_until_complete(call)

    def command(self, method, request):
        """Do it; None if it was refused. What was done can be repeated later."""
        key = fresh()
        try:
            answer = self.wait(self.desk.ask(method, request, idempotency_key=key))
        except Refusal as refused:
            return self.must_have_a_reason(refused)
        self.done.append((method, request, key, answer))
        return answer

    def must_have_a_reason(self, refused):
        """A refusal says why; a fault of ours does not."""
        assert isinstance(refused, Refusal), refused
        assert refused.reason, refused

    def drafts(self):
        return [one for one in self.contracts if one.status == contracts_pb2.Contract.DRAFT]

    def standing(self):
        return [one for one in self.receipts if one.status == receipts_pb2.Receipt.RECORDED]

    def put(self, held, answer):
        """Keep the newest answer for each id."""
        if answer is not None:
            held[:] = [one for one in held if one.id != answer.id] + [answer]
        return answer

    @rule(amount=AMOUNTS, parts=st.integers(1, 4), day=st.one_of(st.just(""), DAYS))
    def write_a_contract(self, amount, parts, day):
        plan = [part(str(one), due_date="2024-01-31") for one in split(amount, parts)]
        request = contracts_pb2.CreateContractRequest(
            account_id=self.account, amount=yuan(str(amount)), instalments=plan, sign_date=day
        )
        assert self.put(self.contracts, self.command("CreateContract", request)), "a sound contract was refused"

    @rule(amount=NO_AMOUNTS, in_plan=st.booleans())
    def write_no_contract_for_what_is_no_amount(self, amount, in_plan):
        request = contracts_pb2.CreateContractRequest(account_id=self.account, amount=yuan(amount))
        if in_plan:
            request.amount.amount = "100.00"
            request.instalments.add(amount=yuan(amount))
        assert self.command("CreateContract", request) is None

    @rule(data=st.data(), amount=AMOUNTS, parts=st.integers(1, 3), off=st.sampled_from([Decimal(0), CENT, -CENT]))
    def plan_anew(self, data, amount, parts, off):
        contract = data.draw(st.sampled_from(self.drafts() or self.contracts))
        plan = [part(str(one)) for one in split(amount + off, parts) if one > 0]
        request = contracts_pb2.UpdateContractRequest(id=contract.id, amount=yuan(str(amount)), instalments=plan)
        changed = self.put(self.contracts, self.command("UpdateContract", request))
        assert not changed or (contract.status == contracts_pb2.Contract.DRAFT and (off == 0 or not plan))

    @rule(data=st.data(), day=DAYS)
    def sign(self, data, day):
        contract = data.draw(st.sampled_from(self.drafts() or self.contracts))
        request = contracts_pb2.SignContractRequest(id=contract.id, sign_date=day)
        self.put(self.contracts, self.command("SignContract", request))

    @rule(data=st.data(), amount=AMOUNTS, day=DAYS)
    def receive(self, data, amount, day):
        self.put(self.receipts, self.command("RecordReceipt", self.money(data, amount, day)))

    def money(self, data, amount, day):
        """A receipt for a contract or for the account; as told, oldest first, or kept."""
        request = receipts_pb2.RecordReceiptRequest(amount=yuan(str(amount)), received_date=day)
        contract = data.draw(st.sampled_from([None, *self.contracts]))
        if contract is None:
            request.account_id = self.account
            return request
        request.contract_id = contract.id
        way = data.draw(st.sampled_from(["told", "OLDEST_DUE", "NONE"]))
        if way != "told":
            request.allocate = receipts_pb2.RecordReceiptRequest.Allocate.Value(way)
            return request
        request.allocations.extend(self.wishes(data, contract))
        if data.draw(st.booleans()):
            told = sum(Decimal(one.amount.amount) for one in request.allocations)
            request.amount.amount = str(min(max(amount, told), MOST))
        return request

    def wishes(self, data, contract):
        """What to pay of instalments of the contract: what is open of them, less, or a cent too much."""
        for one in data.draw(st.lists(st.sampled_from(self.wait(self.desk.instalments(contract))), max_size=3)):
            still_open = Decimal(one.amount.amount) - Decimal(one.paid.amount)
            much = data.draw(st.sampled_from([still_open, still_open / 2, still_open + CENT, CENT]))
            much = min(max(much.quantize(CENT, rounding="ROUND_DOWN"), CENT), MOST)
            yield receipts_pb2.AllocationRequest(instalment_id=one.id, amount=yuan(str(much)))

    @precondition(lambda self: self.receipts)
    @rule(data=st.data())
    def apply_the_rest(self, data):
        receipt = data.draw(st.sampled_from(self.standing() or self.receipts))
        told = list(self.wishes(data, data.draw(st.sampled_from(self.contracts)))) if data.draw(st.booleans()) else []
        request = receipts_pb2.ApplyReceiptRequest(id=receipt.id, allocations=told)
        self.put(self.receipts, self.command("ApplyReceipt", request))

    @precondition(lambda self: self.receipts)
    @rule(data=st.data())
    def void(self, data):
        receipt = data.draw(st.sampled_from(self.standing() or self.receipts))
        request = receipts_pb2.VoidReceiptRequest(id=receipt.id, reason="登记有误")
        self.put(self.receipts, self.command("VoidReceipt", request))

    @rule(data=st.data())
    def repeat_a_command(self, data):
        method, request, key, answer = data.draw(st.sampled_from(self.done))
        again = self.wait(self.desk.ask(method, request, idempotency_key=key))
        assert again == answer

    @precondition(lambda self: any(method == "RecordReceipt" for method, *_ in self.done))
    @rule(data=st.data())
    def use_a_key_for_another_command(self, data):
        done = [one for one in self.done if one[0] == "RecordReceipt"]
        method, request, key, _ = data.draw(st.sampled_from(done))
        other = receipts_pb2.RecordReceiptRequest()
        other.CopyFrom(request)
        other.note = "另一笔"
        with pytest.raises(Refusal) as refused:
            self.wait(self.desk.ask(method, other, idempotency_key=key))
        assert refused.value.reason == "IDEMPOTENCY_KEY_MISMATCH"

    @precondition(lambda self: self.receipts)
    @rule(data=st.data(), amount=AMOUNTS, day=DAYS)
    def do_two_things_at_once(self, data, amount, day):
        receipt = data.draw(st.sampled_from(self.standing() or self.receipts))
        void = "VoidReceipt", receipts_pb2.VoidReceiptRequest(id=receipt.id, reason="登记有误")
        apply = "ApplyReceipt", receipts_pb2.ApplyReceiptRequest(id=receipt.id)
        record = "RecordReceipt", self.money(data, amount, day)
        pair = data.draw(
            st.sampled_from([(void, void), (void, apply), (apply, apply), (record, void), (record, record)])
        )
        calls = [self.desk.ask(method, request, idempotency_key=fresh()) for method, request in pair]
        for answer in self.wait(self._both(calls)):
            if not isinstance(answer, Refusal):
                self.put(self.receipts, answer)

    async def _both(self, calls):
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for one in answers:
            if isinstance(one, BaseException):
                self.must_have_a_reason(one)
        return answers

    @invariant()
    def the_books_are_right(self):
        if hasattr(self, "desk"):
            self.wait(self._check())

    async def _check(self):
        async with database(self.world.house.access, self.desk.who) as connection:
            wrong = dict(await connection.fetchrow(BOOKS))
            assert not any(wrong.values()), wrong
            if self.past is not None:
                at, was = self.past
                assert await connection.fetchrow(PAST, at) == was, "the journal's past was changed"
            at = await connection.fetchval("SELECT max(recorded_at) FROM journal")
            self.past = (at, await connection.fetchrow(PAST, at)) if at else None
        assert not await self.desk.discrepancies()


@pytest.fixture
async def world(house):
    return World(asyncio.get_running_loop(), house)


def test_the_books_stay_right_whatever_is_done(world):
    Books.world = world
    bounded = settings(max_examples=10, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Books, settings=bounded)
