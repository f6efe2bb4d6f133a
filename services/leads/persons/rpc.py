"""PersonsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import persons_pb2 as pb
from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.visibility import LIFT
from services.leads.persons import operations
from services.leads.persons.operations import codec


class PersonsServicer:
    """See proto/dealtrail/leads/v1/persons.proto. A person's rights reach leads that are exclusive to somebody, too."""

    async def FindPersons(self, request: pb.FindPersonsRequest, tx: Tx) -> pb.FindPersonsResponse:
        await tx.execute(LIFT)
        return pb.FindPersonsResponse(persons=map(codec.to_message, await operations.find(tx, request)))

    async def TracePerson(self, request: pb.TracePersonRequest, tx: Tx) -> data.PersonTraces:
        await tx.execute(LIFT)
        return await operations.trace(tx, [UUID(one) for one in request.traces.person_ids])

    async def ExportPerson(self, request: pb.ExportPersonRequest, tx: Tx) -> data.PersonalRecords:
        await tx.execute(LIFT)
        return data.PersonalRecords(records=await operations.records(tx, request.traces))

    async def ErasePerson(self, request: pb.ErasePersonRequest, tx: Tx) -> data.ErasureEffects:
        await tx.execute(LIFT)
        held = [UUID(one) for one in request.held_contact_ids]
        until = from_timestamp(request.hold_until) if request.HasField("hold_until") else None
        return data.ErasureEffects(effects=await operations.erase(tx, request.traces, held, until))

    async def EndHolds(self, request: pb.EndHoldsRequest, tx: Tx) -> data.ErasureEffects:
        return data.ErasureEffects(effects=await operations.end_holds(tx, [UUID(one) for one in request.person_ids]))
