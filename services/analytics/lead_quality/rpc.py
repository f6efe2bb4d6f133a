"""LeadQualityService over gRPC: decode, count, encode."""

from typing import Any
from uuid import UUID

from dealtrail.analytics.v1 import lead_quality_pb2 as pb

from services.analytics.days import DAY, EVER, day_of, parse, period
from services.analytics.lead_quality import operations
from services.analytics.lead_quality.domain import Group, Waited
from services.analytics.rollups.operations import freshness
from services.kit.database import Tx

MOST_GROUPS = 1000
BY = pb.GetLeadQualityRequest.GroupBy


class LeadQualityServicer:
    """See proto/dealtrail/analytics/v1/lead_quality.proto."""

    async def GetLeadQuality(self, request: pb.GetLeadQualityRequest, tx: Tx) -> pb.LeadQuality:
        end = parse(request.to, "to", day_of(tx.now) + DAY)
        within = period(parse(getattr(request, "from"), "from", EVER), end)
        given = (("owner_id", request.owner_id), ("team_id", request.team_id))
        chosen: dict[str, Any] = {name: UUID(value) for name, value in given if value}
        chosen |= {"channel": request.channel} if request.channel else {}
        by = BY.Name(request.group_by or BY.OWNER)
        groups, total = await operations.count(tx, within, by, chosen)
        return pb.LeadQuality(
            **{"from": getattr(request, "from")},
            to=end.isoformat(),
            groups=map(group, groups[:MOST_GROUPS]),
            total=group(total),
            freshness=await freshness(tx, "leads"),
        )


def group(found: Group) -> pb.LeadQualityGroup:
    """A group as answers tell it."""
    return pb.LeadQualityGroup(
        key=found.key,
        discovered=found.discovered,
        qualified=found.qualified,
        qualified_ratio=found.qualified_ratio,
        judged=found.judged,
        score_bands=found.bands,
        mean_score=found.mean_score,
        first_response=_response(found.waited),
        silent=found.waited.silent,
        silent_loss=found.silent_loss,
    )


def _response(found: Waited) -> pb.FirstResponse:
    return pb.FirstResponse(
        answered=found.answered,
        p50_s=found.p50_s,
        p90_s=found.p90_s,
        working_p50_s=found.working_p50_s,
        working_p90_s=found.working_p90_s,
        limited=found.limited,
        breached=found.breached,
        breach_rate=found.breach_rate,
    )
