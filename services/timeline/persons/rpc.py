"""PersonsService over gRPC: decode, do one operation, encode."""

from dealtrail.timeline.v1 import persons_pb2 as pb
from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit.database import Tx
from services.timeline.persons import operations


class PersonsServicer:
    """See proto/dealtrail/timeline/v1/persons.proto."""

    async def ExportPerson(self, request: pb.ExportPersonRequest, tx: Tx) -> data.PersonalRecords:
        return data.PersonalRecords(records=await operations.records(tx, request.traces))

    async def ErasePerson(self, request: pb.ErasePersonRequest, tx: Tx) -> data.ErasureEffects:
        return data.ErasureEffects(effects=await operations.erase(tx, request.traces))
