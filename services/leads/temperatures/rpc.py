"""TemperaturesService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import leads_pb2
from dealtrail.leads.v1 import temperatures_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply
from services.leads.enrolments import operations as enrolments
from services.leads.leads.store import codec as lead_codec
from services.leads.leads.store import leads
from services.leads.temperatures.domain import Temperature
from services.leads.temperatures.store import codec, listing


class TemperaturesServicer:
    """See proto/dealtrail/leads/v1/temperatures.proto."""

    async def SetTemperature(self, request: pb.SetTemperatureRequest, tx: Tx) -> leads_pb2.Lead:
        temperature = Temperature(leads_pb2.Lead.Temperature.Name(request.temperature))
        lead = await enrolments.warm(tx, UUID(request.id), temperature, request.why.strip())
        return lead_codec.to_message(lead)

    async def ListTemperatureChanges(
        self, request: pb.ListTemperatureChangesRequest, tx: Tx
    ) -> PageReply[pb.ListTemperatureChangesResponse]:
        lead = await leads.row(tx, UUID(request.lead_id))
        return await listing.reply(tx, request, pb.ListTemperatureChangesResponse, codec, lead_id=lead["id"])
