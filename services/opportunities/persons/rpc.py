"""PersonsService over gRPC: decode, do one operation, encode."""

from dealtrail.opportunities.v1 import persons_pb2 as pb
from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit.database import Tx
from services.opportunities.persons import operations


class PersonsServicer:
    """See proto/dealtrail/opportunities/v1/persons.proto."""

    async def TracePerson(self, request: pb.TracePersonRequest, tx: Tx) -> data.PersonTraces:
        return await operations.trace(tx, request.traces)

    async def ExportPerson(self, request: pb.ExportPersonRequest, tx: Tx) -> data.PersonalRecords:
        return data.PersonalRecords(records=await operations.records(tx, request.traces))

    async def ErasePerson(self, request: pb.ErasePersonRequest, tx: Tx) -> data.ErasureEffects:
        return data.ErasureEffects(effects=await operations.erase(tx, request.traces))
