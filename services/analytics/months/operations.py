"""Make the sums by month of a version that kept only those by day."""

from uuid import UUID

from services.analytics.months.store import Months
from services.analytics.rollups.operations import hold
from services.kit.database import Tx

AT_ONCE = 2
"""The sums of so many owners or teams are made in one transaction: those of a team may be a hundred thousand, and a
statement has ten seconds."""


class Making:
    """Makes awaited sums by month while nobody else changes `facts` of this kind, some in a transaction."""

    def __init__(self, months: Months, facts: str) -> None:
        self.table, self.tenants = months.table, months.tenants
        self._months = months
        self._facts = facts
        self._left: dict[UUID, list[tuple[UUID, UUID]]] = {}

    async def some(self, tx: Tx) -> int:
        """Make those of the next owners and teams, of how many. 0 once all are there."""
        await hold(tx, self._facts)
        tenant = tx.principal.tenant_id
        if tenant not in self._left:
            self._left[tenant] = await self._lacking(tx)
        some, self._left[tenant] = self._left[tenant][:AT_ONCE], self._left[tenant][AT_ONCE:]
        if some:
            (first_owner, first_team), (last_owner, last_team) = some[0], some[-1]
            ends = {"first_owner": first_owner, "first_team": first_team}
            these = ends | {"last_owner": last_owner, "last_team": last_team}
            await tx.execute(self._months.forget, **these)
            await tx.execute(self._months.make, **these)
        else:
            del self._left[tenant]
            await tx.execute(self._months.end)
        return len(some)

    async def _lacking(self, tx: Tx) -> list[tuple[UUID, UUID]]:
        """All who have sums by day if those by month are awaited, or differ: a version before changed days alone."""
        if not await tx.fetch(self._months.standing):
            if not await tx.fetch(self._months.broken):
                return []
            await tx.execute(self._months.begin)
        return [(row["owner_id"], row["team_id"]) for row in await tx.fetch(self._months.whose)]
