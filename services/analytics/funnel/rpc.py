"""FunnelService over gRPC: decode, count, encode."""

from typing import Any

from dealtrail.analytics.v1 import funnel_pb2 as pb
from dealtrail.type.v1.money_pb2 import Money

from services.analytics.days import DAY, Grain, Period, day_of, parse, period
from services.analytics.funnel import operations
from services.analytics.funnel.domain import Flow, Funnel, Heap, StageOf, shape, up_to_now
from services.analytics.rollups.operations import freshness
from services.analytics.rows.domain import link
from services.kit.database import Tx


class FunnelServicer:
    """See proto/dealtrail/analytics/v1/funnel.proto."""

    async def GetFunnel(self, request: pb.GetFunnelRequest, tx: Tx) -> pb.Funnel:
        today = day_of(tx.now)
        asked = period(
            parse(getattr(request, "from"), "from", Grain.MONTH.start(today)), parse(request.to, "to", today + DAY)
        )
        within, factor = up_to_now(asked, today), request.stall_factor or 1
        funnel, stages = await operations.count(
            tx, request.process, within, factor, request.owner_id, request.team_id, request.product
        )
        links = _Links(request, funnel, within)
        form, bulge = shape([(one.stage, _open(funnel, one).deals) for one in stages])
        return pb.Funnel(
            **{"from": within.start.isoformat()},
            to=within.end.isoformat(),
            process=funnel.process,
            stages=[_stage(funnel, one, links) for one in stages],
            flow=_flow(funnel.flow),
            shape=pb.FunnelShape(form=pb.FunnelShape.Form.Value(form), bulge_stage=bulge),
            other_processes=funnel.others,
            freshness=await freshness(tx, "opportunities"),
            rows=links(),
        )


class _Links:
    """The links to the rows of one answer."""

    def __init__(self, request: pb.GetFunnelRequest, funnel: Funnel, within: Period) -> None:
        self._filters = {
            "from": within.start,
            "to": within.end,
            "process": funnel.process,
            "ownerId": request.owner_id,
            "teamId": request.team_id,
            "product": request.product,
        }
        self._factor = request.stall_factor

    def __call__(self, stage: str = "", state: str = "") -> str:
        return link("FUNNEL", **self._filters, stage=stage, state=state, stallFactor=self._factor)


def _open(funnel: Funnel, stage: StageOf) -> Heap:
    return funnel.open.get(stage.stage, Heap())


def _stage(funnel: Funnel, stage: StageOf, links: Any) -> pb.FunnelStage:
    here = _open(funnel, stage)
    states = funnel.states.get(stage.stage, {})
    return pb.FunnelStage(
        stage=stage.stage,
        label=stage.label,
        index=stage.place,
        expected_days=stage.expected_days,
        deals=here.deals,
        amounts=_money(here),
        states=[
            pb.FunnelState(
                state=pb.FunnelState.State.Value(state),
                deals=heap.deals,
                amounts=_money(heap),
                rows=links(stage.stage, state.value),
            )
            for state, heap in sorted(states.items(), key=lambda one: pb.FunnelState.State.Value(one[0]))
        ],
        rows=links(stage.stage),
    )


def _flow(flow: Flow) -> pb.FunnelFlow:
    return pb.FunnelFlow(
        open_from=flow.open_from,
        inflow=flow.inflow,
        won=flow.won,
        lost=flow.lost,
        open_to=flow.open_to,
        win_rate=flow.win_rate,
    )


def _money(heap: Heap) -> list[Money]:
    return [Money(amount=f"{amount:.2f}", currency=currency) for currency, amount in sorted(heap.amounts.items())]
