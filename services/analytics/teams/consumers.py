"""Events of identity."""

from typing import Any
from uuid import UUID

from dealtrail.identity.v1 import events_pb2

from services.analytics.teams import operations
from services.kit import owners
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")


@subscriptions.on(events_pb2.UserUpdated)
async def follow(tx: Tx, event: Any, envelope: Envelope) -> None:
    """What somebody owns counts in the team where they work now."""
    user_id = UUID(event.member.user_id)
    team_id = UUID(event.member.team_id) if event.member.team_id else None
    if await tx.execute(owners.NEWEST, user_id=user_id, team=team_id, version=envelope.version):
        await operations.follow(tx, user_id, team_id)
