"""LeadProcessService over gRPC: decode, count, encode."""

from typing import Any
from uuid import UUID

from dealtrail.analytics.v1 import lead_process_pb2 as pb
from dealtrail.leads.v1 import process_pb2

from services.analytics.days import DAY, EVER, day_of, parse, period
from services.analytics.lead_process import operations
from services.analytics.lead_process.domain import StageCount
from services.analytics.rollups.operations import freshness
from services.analytics.rows.domain import link
from services.kit.database import Tx


class LeadProcessServicer:
    """See proto/dealtrail/analytics/v1/lead_process.proto."""

    async def GetLeadProcess(self, request: pb.GetLeadProcessRequest, tx: Tx) -> pb.LeadProcess:
        first = getattr(request, "from")
        end = parse(request.to, "to", day_of(tx.now) + DAY)
        within = period(parse(first, "from", EVER), end)
        given = (("owner_id", request.owner_id), ("team_id", request.team_id))
        chosen: dict[str, Any] = {name: UUID(value) for name, value in given if value}
        chosen |= {"channel": request.channel} if request.channel else {}
        rows = {"from": first, "to": end.isoformat(), "channel": request.channel}
        rows |= {"ownerId": request.owner_id, "teamId": request.team_id}
        return pb.LeadProcess(
            **{"from": first},
            to=end.isoformat(),
            stages=[stage_count(one, rows) for one in await operations.count(tx, within, chosen)],
            freshness=await freshness(tx, "leads"),
        )


def stage_count(one: StageCount, rows: dict[str, str] | None = None) -> pb.StageCount:
    """A stage as answers tell it; with `rows`, the filters of its leads, it says where they are listed."""
    stage, dwell = one.standing.stage, one.dwell
    return pb.StageCount(
        stage=process_pb2.Passage.Stage.Value(stage),
        leads=one.standing.leads,
        rows=link("LEADS", leadStage=stage, **rows) if rows and one.standing.leads else "",
        standing_p50_s=one.standing.p50_s,
        standing_p90_s=one.standing.p90_s,
        left=dwell.left,
        left_rows=link("LEADS", leftStage=stage, **rows) if rows and dwell.left else "",
        dwell_p50_s=dwell.p50_s,
        dwell_p90_s=dwell.p90_s,
    )
