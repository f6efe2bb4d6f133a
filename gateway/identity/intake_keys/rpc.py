"""IntakeKeysService: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.identity.v1 import intake_keys_pb2 as pb

from gateway.identity.intake_keys import operations
from gateway.identity.intake_keys.domain import IntakeKey
from gateway.identity.intake_keys.store import codec, listing
from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply


class IntakeKeysServicer:
    """See proto/dealtrail/identity/v1/intake_keys.proto."""

    async def CreateIntakeKey(self, request: pb.CreateIntakeKeyRequest, tx: Tx) -> pb.ShownIntakeKey:
        key = IntakeKey(
            id=new_id(),
            name=request.name.strip(),
            owner_id=UUID(request.owner_id),
            channel=request.channel.strip(),
            campaign=request.campaign.strip(),
            create_time=tx.now,
            update_time=tx.now,
        )
        return pb.ShownIntakeKey(id=str(key.id), key=await operations.create(tx, key))

    async def ListIntakeKeys(self, request: pb.ListIntakeKeysRequest, tx: Tx) -> PageReply[pb.ListIntakeKeysResponse]:
        return await listing.reply(tx, request, pb.ListIntakeKeysResponse, codec)

    async def RotateIntakeKey(self, request: pb.RotateIntakeKeyRequest, tx: Tx) -> pb.ShownIntakeKey:
        return pb.ShownIntakeKey(id=request.id, key=await operations.rotate(tx, UUID(request.id)))

    async def RevokeIntakeKey(self, request: pb.RevokeIntakeKeyRequest, tx: Tx) -> pb.IntakeKey:
        return codec.to_message(await operations.revoke(tx, UUID(request.id)))
