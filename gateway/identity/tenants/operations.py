"""What identity does with tenants."""

from gateway.identity.tenants.domain import Tenant
from gateway.identity.tenants.store import ADD, COUNT_CHANGE, NAMED, OWN, codec
from services.kit.database import Tx


async def create(tx: Tx, tenant: Tenant) -> None:
    """Record the tenant, in a transaction of its own id."""
    await tx.execute(ADD, **codec.to_row(tenant))


async def named(tx: Tx, name: str) -> Tenant | None:
    """The tenant of that name."""
    row = await tx.fetch_one(NAMED, name=name)
    return codec.from_row(row) if row else None


async def own(tx: Tx) -> Tenant:
    """The tenant of the transaction."""
    row = await tx.fetch_one(OWN)
    assert row is not None, "who acts for a tenant was let in as one of its users"
    return codec.from_row(row)


async def change_directory(tx: Tx) -> None:
    """Begin to change users or teams: one such transaction of a tenant at a time; whoever remembers reads anew."""
    await tx.execute(COUNT_CHANGE)
