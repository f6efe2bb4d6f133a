"""Visitors: those who open a public page of a tenant. Nothing there belongs to them."""

import time
from collections import OrderedDict
from uuid import UUID

from gateway.identity.system import PLATFORM
from gateway.identity.tenants import operations as tenants
from gateway.transcode import Caller
from services.kit.database import Database
from services.kit.principal import Principal, TokenMint

VISITOR = UUID(int=1)
"""Not the nobody to whom things belong that nobody works."""
ROLE = "REP"
"""Who sees what is their own, which for a visitor is nothing."""
MINTED_FOR_S = 240
UNKNOWN_S = 10
REMEMBER = 5_000


class Visitors:
    """Knows the tenants whose pages were opened in the last minutes."""

    def __init__(self, database: Database, mint: TokenMint) -> None:
        self._database = database
        self._mint = mint
        self._known: OrderedDict[str, tuple[float, Caller | None]] = OrderedDict()

    async def of(self, tenant: str) -> Caller | None:
        """A visitor of the tenant of that name; None if there is none."""
        known = self._known.get(tenant)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        async with self._database.transaction(PLATFORM, read_only=True) as tx:
            found = await tenants.named(tx, tenant)
        caller = self._caller(found.tenant_id) if found else None
        self._known[tenant] = (time.monotonic() + (MINTED_FOR_S if caller else UNKNOWN_S), caller)
        if len(self._known) > REMEMBER:
            self._known.popitem(last=False)
        return caller

    def _caller(self, tenant_id: UUID) -> Caller:
        principal = Principal(tenant_id, VISITOR, ROLE, None)
        return Caller(principal, self._mint.sign(principal))
