"""The policies as they stand."""

from dataclasses import replace

from services.kit.database import Tx
from services.kit.directory import Directory
from services.leads.sla_policies.domain import Policies, SlaPolicy
from services.leads.sla_policies.store import ALL, SET, codec


async def current(tx: Tx) -> Policies:
    """All policies of the tenant."""
    return Policies(codec.from_row(row) for row in await tx.fetch(ALL))


async def set_policy(tx: Tx, directory: Directory, policy: SlaPolicy) -> SlaPolicy:
    """Add it, change it, or take it out of use. Refused: UNKNOWN_OWNER."""
    manager = await directory.owner(tx, str(policy.manager_id))
    kept = replace(policy, manager_team_id=manager.team_id)
    await tx.execute(SET, **codec.to_row(kept))
    return kept
