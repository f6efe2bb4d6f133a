"""NurturingService over gRPC: decode, count, encode."""

from typing import Any
from uuid import UUID

from dealtrail.analytics.v1 import nurturing_pb2 as pb

from services.analytics.days import DAY, EVER, day_of, parse, period
from services.analytics.nurturing import operations
from services.analytics.nurturing.domain import Group
from services.analytics.rollups.operations import freshness
from services.analytics.rows.domain import link
from services.kit.database import Tx

MOST_GROUPS = 1000
BY = pb.GetNurturingRequest.GroupBy
FIELD = {"OWNER": "ownerId", "TEAM": "teamId", "CHANNEL": "channel"}
"""By what the rows of a group are chosen."""


class NurturingServicer:
    """See proto/dealtrail/analytics/v1/nurturing.proto."""

    async def GetNurturing(self, request: pb.GetNurturingRequest, tx: Tx) -> pb.Nurturing:
        first = getattr(request, "from")
        end = parse(request.to, "to", day_of(tx.now) + DAY)
        within = period(parse(first, "from", EVER), end)
        given = (("owner_id", request.owner_id), ("team_id", request.team_id))
        chosen: dict[str, Any] = {name: UUID(value) for name, value in given if value}
        chosen |= {"channel": request.channel} if request.channel else {}
        by = BY.Name(request.group_by or BY.OWNER)
        groups, total = await operations.count(tx, within, by, chosen)
        rows = {"from": first, "to": end.isoformat(), "channel": request.channel}
        rows |= {"ownerId": request.owner_id, "teamId": request.team_id}
        return pb.Nurturing(
            **{"from": first},
            to=end.isoformat(),
            # What has no key can be listed with all the others only.
            groups=[_group(one, rows | {FIELD[by]: one.key} if one.key else {}) for one in groups[:MOST_GROUPS]],
            total=_group(total, rows),
            freshness=await freshness(tx, "leads"),
        )


def _group(found: Group, rows: dict[str, str]) -> pb.NurturingGroup:
    steps, warmth = found.steps, found.warmth

    def listed(number: str, count: int) -> str:
        return link(number, **rows) if count and rows else ""

    return pb.NurturingGroup(
        key=found.key,
        planned=steps.planned,
        planned_rows=listed("NURTURE_PLANNED", steps.planned),
        done=steps.done,
        done_rows=listed("NURTURE_DONE", steps.done),
        done_rate=found.done_rate,
        answered=steps.answered,
        skipped=steps.skipped,
        missed=steps.missed,
        overdue=steps.overdue,
        rated=warmth.rated,
        warmed=warmth.warmed,
        warmed_rows=listed("WARMED_UP", warmth.warmed),
        warm_up_rate=found.warm_up_rate,
    )
