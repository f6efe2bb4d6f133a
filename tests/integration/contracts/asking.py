"""What tests of contracts ask for, and how they read refusals, rows and events."""

from contextlib import asynccontextmanager
from itertools import count

import asyncpg
import orjson
import pytest
from dealtrail.contracts.v1 import contracts_pb2, events_pb2, receipts_pb2, receivables_pb2, reconciliation_pb2
from dealtrail.type.v1.money_pb2 import Money

from services.kit.ids import new_id
from services.kit.testing import Refusal

_keys = count()


def yuan(amount):
    return Money(amount=amount, currency="CNY")


def part(amount, **fields):
    """An instalment to plan."""
    return contracts_pb2.PlannedInstalment(amount=yuan(amount), **fields)


def key():
    """Metadata with an idempotency key of its own."""
    return {"idempotency_key": f"key-{next(_keys)}"}


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


class Desk:
    """Somebody who works with contracts: each method is one call as that person."""

    def __init__(self, contracts, who):
        self._contracts = contracts
        self.who = who

    async def ask(self, method, request, **metadata):
        return await self._contracts(self.who, method, request, **metadata)

    async def draft(self, account="", amount="90.00", parts=(), **fields):
        if amount:
            fields["amount"] = yuan(amount)
        plan = [part(one) if isinstance(one, str) else one for one in parts]
        request = contracts_pb2.CreateContractRequest(account_id=account, instalments=plan, **fields)
        return await self.ask("CreateContract", request, **key())

    async def update(self, contract, if_match=None, **fields):
        metadata = {"if_match": str(if_match)} if if_match else {}
        return await self.ask(
            "UpdateContract", contracts_pb2.UpdateContractRequest(id=contract.id, **fields), **metadata
        )

    async def sign(self, contract, day="2024-01-01"):
        request = contracts_pb2.SignContractRequest(id=contract.id, sign_date=day)
        return await self.ask("SignContract", request, **key())

    async def signed(self, account, amount="90.00", parts=(), day="2024-01-01", **fields):
        return await self.draft(account, amount, parts, sign_date=day, **fields)

    async def instalments(self, contract):
        answer = await self.ask("ListInstalments", contracts_pb2.ListInstalmentsRequest(id=contract.id))
        return list(answer.instalments)

    async def paid(self, contract):
        return [one.paid.amount for one in await self.instalments(contract)]

    async def receive(self, amount, day="2024-02-01", told=(), **fields):
        wishes = [receipts_pb2.AllocationRequest(instalment_id=one.id, amount=yuan(much)) for one, much in told]
        request = receipts_pb2.RecordReceiptRequest(
            amount=yuan(amount), received_date=day, allocations=wishes, **fields
        )
        return await self.ask("RecordReceipt", request, **key())

    async def apply(self, receipt, told=()):
        wishes = [receipts_pb2.AllocationRequest(instalment_id=one.id, amount=yuan(much)) for one, much in told]
        request = receipts_pb2.ApplyReceiptRequest(id=receipt.id, allocations=wishes)
        return await self.ask("ApplyReceipt", request, **key())

    async def void(self, receipt, reason="重复登记"):
        request = receipts_pb2.VoidReceiptRequest(id=receipt.id, reason=reason)
        return await self.ask("VoidReceipt", request, **key())

    async def aging(self, as_of, **fields):
        """{bucket: (instalments, amount)} of the buckets that hold anything, by name."""
        answer = await self.ask("GetAging", receivables_pb2.GetAgingRequest(as_of=as_of, **fields))
        name = receivables_pb2.Receivable.Bucket.Name
        return {name(one.bucket): (one.instalments, one.amount.amount) for one in answer.buckets if one.instalments}

    async def receivables(self, as_of, **fields):
        request = receivables_pb2.ListReceivablesRequest(as_of=as_of, **fields)
        return await self.ask("ListReceivables", request)

    async def discrepancies(self):
        answer = await self.ask("GetReconciliation", reconciliation_pb2.GetReconciliationRequest())
        return list(answer.discrepancies)


@asynccontextmanager
async def database(access, who):
    """A connection as the service has it: the app's role, within the tenant of `who`."""
    connection = await asyncpg.connect(access.app)
    await connection.execute(f"SET app.tenant = '{who.tenant_id}'")
    try:
        yield connection
    finally:
        await connection.close()


async def told(access, who):
    """The events of the tenant of `who` in the order in which they were told: (headers, message)."""
    connection = await asyncpg.connect(access.relay)
    tenant = "SELECT headers::text, payload FROM outbox WHERE tenant_id = $1 ORDER BY id"
    rows = await connection.fetch(tenant, who.tenant_id)
    await connection.close()
    found = []
    for row in rows:
        headers = orjson.loads(row[0])
        message = getattr(events_pb2, headers["ce-type"].rpartition(".")[2])
        found.append((headers, message.FromString(row[1])))
    return found


async def names_told(access, who):
    return [headers["ce-type"].rpartition(".")[2] for headers, _ in await told(access, who)]


def fresh():
    """An id that nothing has yet."""
    return str(new_id())
