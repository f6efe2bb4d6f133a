"""SigningKeysService: decode, do one operation, encode."""

from dealtrail.identity.v1 import signing_keys_pb2 as pb

from gateway.identity.signing_keys.operations import KeyRing
from gateway.identity.signing_keys.store import codec
from services.kit.database import Tx


class SigningKeysServicer:
    """See proto/dealtrail/identity/v1/signing_keys.proto."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    async def RotateSigningKey(self, _: pb.RotateSigningKeyRequest, tx: Tx) -> pb.SigningKey:
        del tx  # keys belong to no tenant
        return codec.to_message(await self._ring.rotate())
