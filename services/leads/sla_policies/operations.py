"""The policies as they stand."""

from dataclasses import replace

from services.kit import roster
from services.kit.database import Tx
from services.kit.directory import Directory
from services.leads.sla_policies.domain import Policies, SlaPolicy, UnknownTeam
from services.leads.sla_policies.store import ALL, SET, codec


async def current(tx: Tx) -> Policies:
    """All policies of the tenant."""
    return Policies(codec.from_row(row) for row in await tx.fetch(ALL))


async def set_policy(tx: Tx, directory: Directory, policy: SlaPolicy) -> SlaPolicy:
    """Add it, change it, or take it out of use, also where its team is gone. Refused: UNKNOWN_OWNER, UNKNOWN_TEAM."""
    if policy.active and policy.team_id and policy.team_id not in (await roster.current(tx)).parents:
        raise UnknownTeam
    manager = await directory.owner(tx, str(policy.manager_id))
    kept = replace(policy, manager_team_id=manager.team_id)
    await tx.execute(SET, **codec.to_row(kept))
    return kept
