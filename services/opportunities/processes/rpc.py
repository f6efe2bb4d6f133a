"""ProcessesService over gRPC."""

from dealtrail.opportunities.v1 import processes_pb2 as pb

from services.kit.database import Tx
from services.opportunities.processes import operations
from services.opportunities.processes.store import codec, stage_codec


class ProcessesServicer:
    """See proto/dealtrail/opportunities/v1/processes.proto."""

    async def CreateProcess(self, request: pb.CreateProcessRequest, tx: Tx) -> pb.Process:
        stages = [stage_codec.from_message(stage) for stage in request.stages]
        process = await operations.create(tx, request.code, request.name.strip(), stages, request.is_default)
        return codec.to_message(process)

    async def GetProcess(self, request: pb.GetProcessRequest, tx: Tx) -> pb.Process:
        return codec.to_message(await operations.get(tx, request.code, request.version))

    async def ListProcesses(self, _: pb.ListProcessesRequest, tx: Tx) -> pb.ListProcessesResponse:
        return pb.ListProcessesResponse(processes=[codec.to_message(one) for one in await operations.newest(tx)])
