"""CyclesService over gRPC."""

from decimal import Decimal
from uuid import UUID

from dealtrail.leads.v1 import cycles_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply
from services.leads.cycles import operations
from services.leads.cycles.domain import Cycle, Indicator
from services.leads.cycles.store import cycle_codec, cycle_listing, cycles, flow_codec, standing_codec, standing_listing
from services.leads.days import day


class CyclesServicer:
    """See proto/dealtrail/leads/v1/cycles.proto."""

    async def CreateCycle(self, request: pb.CreateCycleRequest, tx: Tx) -> pb.Cycle:
        cycle = Cycle(
            id=new_id(),
            code=request.code,
            indicator=Indicator[pb.Cycle.Indicator.Name(request.indicator)],
            start_date=day("start_date", request.start_date),
            end_date=day("end_date", request.end_date),
            create_time=tx.now,
        )
        given = {UUID(one.account_id): Decimal(one.value) for one in request.values}
        return cycle_codec.to_message(await operations.freeze(tx, cycle, given, request.currency or "CNY"))

    async def GetCycle(self, request: pb.GetCycleRequest, tx: Tx) -> RowReply[pb.Cycle]:
        return cycle_codec.reply(await cycles.row(tx, UUID(request.id)))

    async def ListCycles(self, request: pb.ListCyclesRequest, tx: Tx) -> PageReply[pb.ListCyclesResponse]:
        return await cycle_listing.reply(tx, request, pb.ListCyclesResponse, cycle_codec)

    async def ListStandings(self, request: pb.ListStandingsRequest, tx: Tx) -> PageReply[pb.ListStandingsResponse]:
        await cycles.row(tx, UUID(request.cycle_id))
        return await standing_listing.reply(tx, request, pb.ListStandingsResponse, standing_codec)

    async def GetMigration(self, request: pb.GetMigrationRequest, tx: Tx) -> pb.Migration:
        flows = await operations.flows(tx, UUID(request.cycle_id))
        return pb.Migration(flows=map(flow_codec.to_message, flows))
