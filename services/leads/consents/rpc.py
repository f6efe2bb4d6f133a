"""ConsentsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import consents_pb2 as pb

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.consents import operations
from services.leads.consents.domain import Consent
from services.leads.consents.store import codec


class ConsentsServicer:
    """See proto/dealtrail/leads/v1/consents.proto."""

    async def RecordConsent(self, request: pb.RecordConsentRequest, tx: Tx) -> pb.Consent:
        consent = Consent(
            id=new_id(),
            person_id=UUID(request.person_id),
            purpose=operations.PURPOSES[request.purpose],
            given=request.given,
            text_version=request.text_version,
            channel=request.channel.strip(),
            give_time=from_timestamp(request.give_time) if request.HasField("give_time") else tx.now,
            recorded_by=tx.principal.user_id,
            create_time=tx.now,
        )
        return codec.to_message(await operations.record(tx, consent))

    async def ListConsents(self, request: pb.ListConsentsRequest, tx: Tx) -> pb.ListConsentsResponse:
        found = await operations.listed(tx, UUID(request.person_id))
        return pb.ListConsentsResponse(consents=map(codec.to_message, found))
