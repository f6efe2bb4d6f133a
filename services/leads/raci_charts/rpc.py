"""RaciChartsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import raci_charts_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.leads.raci_charts import operations
from services.leads.raci_charts.domain import GapKind, RaciChart
from services.leads.raci_charts.store import assignment_codec, charts, codec, gap_codec, listing


class RaciChartsServicer:
    """See proto/dealtrail/leads/v1/raci_charts.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateRaciChart(self, request: pb.CreateRaciChartRequest, tx: Tx) -> pb.RaciChart:
        given = [assignment_codec.from_message(one) for one in request.assignments]
        return _message(await operations.create(tx, self._directory, given))

    async def GetRaciChart(self, request: pb.GetRaciChartRequest, tx: Tx) -> pb.RaciChart:
        return _message(await charts.get(tx, UUID(request.id)))

    async def ListRaciCharts(self, request: pb.ListRaciChartsRequest, tx: Tx) -> pb.ListRaciChartsResponse:
        rows, token = await listing.page(tx, request)
        return pb.ListRaciChartsResponse(charts=[_message(codec.from_row(row)) for row in rows], next_page_token=token)

    async def ActivateRaciChart(self, request: pb.ActivateRaciChartRequest, tx: Tx) -> pb.RaciChart:
        return _message(await operations.activate(tx, UUID(request.id)))


def _message(chart: RaciChart) -> pb.RaciChart:
    """The chart with what it lacks."""
    told = codec.to_message(chart)
    told.gaps.extend(map(gap_codec.to_message, chart.gaps))
    told.stages_without_accountable = sum(gap.kind is GapKind.NO_ACCOUNTABLE for gap in chart.gaps)
    return told
