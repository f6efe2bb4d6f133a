"""PersonaAttributesService over gRPC."""

from dealtrail.leads.v1 import persona_attributes_pb2 as pb

from services.kit.database import Tx
from services.leads.persona_attributes import operations
from services.leads.persona_attributes.domain import PersonaAttribute
from services.leads.persona_attributes.store import codec


class PersonaAttributesServicer:
    """See proto/dealtrail/leads/v1/persona_attributes.proto."""

    async def ListPersonaAttributes(
        self, _: pb.ListPersonaAttributesRequest, tx: Tx
    ) -> pb.ListPersonaAttributesResponse:
        found = [codec.to_message(one) for one in await operations.known(tx) if one.active]
        return pb.ListPersonaAttributesResponse(attributes=found)

    async def SetPersonaAttribute(self, request: pb.SetPersonaAttributeRequest, tx: Tx) -> pb.PersonaAttribute:
        wanted = PersonaAttribute(request.name.strip(), list(request.values), request.active)
        return codec.to_message(await operations.set_attribute(tx, wanted))
