"""What identity owns that services keep a copy of, for the reconciler."""

from dealtrail.identity.v1 import events_pb2 as events
from sqlalchemy import select

from gateway.identity.teams.store import table as teams
from gateway.identity.users.store import table as users
from services.kit.facts import PUBLISHED, TENANT, Facts, Owned, versions_told
from services.kit.tables import outbox

u, t = users.c, teams.c
# Services are told of users who change; of those who never did, nobody keeps anything.
_moved = select(outbox.c.aggregate_id).where(
    outbox.c.tenant_id == TENANT, outbox.c.headers["ce-type"].astext == events.UserUpdated.DESCRIPTOR.full_name
)
MOVED = Owned("moved user", select(u.id, u.team_id).where(u.tenant_id == TENANT, u.id.in_(_moved)), told=False)
USER = Owned("user", select(u.id, u.role, u.team_id, u.active).where(u.tenant_id == TENANT), told=False)
TEAM = Owned("team", select(t.id, t.version, t.parent_id).where(t.tenant_id == TENANT))
FACTS = Facts(owned=(MOVED, USER, TEAM), laws=(versions_told(TEAM), PUBLISHED))
