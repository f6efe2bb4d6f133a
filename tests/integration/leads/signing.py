"""What contracts tell of customers, applied as the consumer does it."""

from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.money import Money
from services.kit.periodic import NOBODY
from services.kit.principal import Principal
from services.kit.visibility import SYSTEM
from services.leads.activity import operations


@asynccontextmanager
async def ourselves(leads, company):
    """A transaction as our own consumers and periodic works have it."""
    database = await Database.connect(leads.access.app)
    try:
        async with database.transaction(Principal(company.boss.tenant_id, NOBODY, SYSTEM, None)) as tx:
            yield tx
    finally:
        await database.close()


async def signed(leads, company, account, day, *lines, amount=None, currency="CNY"):
    """The customer signed on that day for these (product, amount); the contract is worth their sum."""
    worth = Decimal(amount or 0) or sum((Decimal(one) for _, one in lines), Decimal(0))
    sold = [(product, Decimal(one)) for product, one in lines]
    async with ourselves(leads, company) as tx:
        money = Money(worth, currency)
        await operations.signed(tx, new_id(), UUID(account), money, date.fromisoformat(day), tx.now, sold)
