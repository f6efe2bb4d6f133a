"""Contracts and receipts follow accounts that were merged; no amount changes by it."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from dealtrail.contracts.v1 import contracts_pb2, receipts_pb2, receivables_pb2
from dealtrail.leads.v1 import accounts_pb2
from dealtrail.leads.v1 import events_pb2 as leads
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.__main__ import subscriptions
from services.contracts.facts import FACTS
from services.kit.database import Database
from services.kit.events import Envelope
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.visibility import SYSTEM
from tests.integration.contracts.asking import Desk
from tests.integration.contracts.conftest import Company


class Story:
    """Three accounts of one boss's company, and what is told of their merges."""

    def __init__(self, house, database):
        self.company = Company()
        house.employ(self.company)
        self.desk = Desk(house.call, self.company.boss)
        self.accounts = [house.market.account(self.company.boss) for _ in range(3)]
        self.version = dict.fromkeys(self.accounts, 1)
        self.into = {}
        self.database = database

    async def tell(self, account, into):
        self.version[account] += 1
        event = leads.AccountMerged if into else leads.AccountMergeUndone
        message = event(account=accounts_pb2.Account(id=account, merged_into=into or ""))
        tenant = self.company.boss.tenant_id
        now = datetime.now(UTC)
        envelope = Envelope(
            id=new_id(),
            tenant_id=tenant,
            type=event.DESCRIPTOR.full_name,
            actor_id=tenant,
            occurred_at=now,
            recorded_at=now,
            aggregate_id=UUID(account),
            version=self.version[account],
            owner_id=None,
            team_id=None,
            collaborators=(),
        )
        _, handler, _ = subscriptions.handlers[envelope.type]
        async with self.database.transaction(Principal(tenant, UUID(int=0), SYSTEM, None)) as tx:
            await handler(tx, message, envelope)

    async def contracts_of(self, account):
        asked = contracts_pb2.ListContractsRequest(account_id=account, page_size=200)
        return {one.id for one in (await self.desk.ask("ListContracts", asked)).contracts}

    async def owed(self):
        """What is owed to the whole company, and what came and is allocated to nothing."""
        aging = await self.desk.ask("GetAging", receivables_pb2.GetAgingRequest(as_of="2024-12-31"))
        receipts = (await self.desk.ask("ListReceipts", receipts_pb2.ListReceiptsRequest(page_size=200))).receipts
        return [one.SerializeToString() for one in aging.totals], sum(Decimal(one.unapplied.amount) for one in receipts)


@st.composite
def deeds(draw):
    """Merges of accounts that stand, their undoing from the end, and money that comes in between."""
    into, told = {}, []
    for _ in range(draw(st.integers(1, 8))):
        standing = [one for one in range(3) if one not in into]
        ends = [one for one, other in into.items() if other not in into]
        deed = draw(st.sampled_from(["merge", "undo", "receipt"]))
        if deed == "merge" and len(standing) > 1:
            one, other = draw(st.permutations(standing))[:2]
            into[one] = other
            told.append((deed, one, other))
        elif deed == "undo" and ends:
            one = draw(st.sampled_from(ends))
            del into[one]
            told.append((deed, one, None))
        else:
            told.append(("receipt", draw(st.integers(0, 2)), draw(st.integers(1, 200))))
    return told


def end(one, into):
    while one in into:
        one = into[one]
    return one


@settings(max_examples=12)
@given(deeds())
async def test_no_merge_and_no_undoing_changes_what_is_owed_or_came_in(house, told):
    database = await Database.connect(house.access.app)
    try:
        story = Story(house, database)
        contracts = [(await story.desk.signed(one, "90.00", ["40.00", "50.00"])).id for one in story.accounts]
        into = {}
        for deed, one, what in told:
            if deed == "receipt":
                await story.desk.receive(f"{what}.00", account_id=story.accounts[one])
                continue
            before = await story.owed()
            await story.tell(story.accounts[one], None if what is None else story.accounts[what])
            into = {**into, one: what} if what is not None else {a: b for a, b in into.items() if a != one}
            assert await story.owed() == before
            for here, account in enumerate(story.accounts):
                there = {contracts[other] for other in range(3) if end(other, into) == here}
                assert await story.contracts_of(account) == there
        async with database.transaction(Principal(story.company.boss.tenant_id, UUID(int=0), SYSTEM, None)) as tx:
            for law in FACTS.laws:
                if "merged" in law.name or law.name.startswith("I1"):
                    assert not await tx.fetch(law.broken), law.name
    finally:
        await database.close()


async def test_money_of_a_merged_account_pays_what_stands_under_the_other_and_goes_back_with_it(house):
    database = await Database.connect(house.access.app)
    story = Story(house, database)
    duplicate, survivor, _ = story.accounts
    contract = await story.desk.signed(survivor, "90.00")
    await story.tell(duplicate, survivor)
    receipt = await story.desk.receive("50.00", account_id=duplicate)
    assert (receipt.account_id, receipt.merged_from, receipt.unapplied.amount) == (survivor, duplicate, "0.00")
    assert await story.desk.paid(contract) == ["50.00"]
    await story.tell(duplicate, None)
    found = await story.desk.ask("ListReceipts", receipts_pb2.ListReceiptsRequest(account_id=duplicate))
    assert [one.id for one in found.receipts] == [receipt.id]
    assert await story.desk.paid(contract) == ["50.00"]
    await database.close()
