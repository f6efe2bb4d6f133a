"""ErasuresService, served within the gateway: decode, do one operation, encode."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from dealtrail.privacy.v1 import erasures_pb2 as pb

from gateway.erasures import operations
from gateway.erasures.domain import Erasure
from gateway.erasures.store import codec, erasures, listing
from services.kit.database import Tx
from services.kit.errors import NotFound


def told(erasure: Erasure, now: datetime) -> pb.Erasure:
    """An erasure as callers see it."""
    message: pb.Erasure = codec.to_message(erasure)
    message.overdue = erasure.overdue(now)
    return message


class ErasuresServicer:
    """See proto/dealtrail/privacy/v1/erasures.proto. `known` says whether anything is known of persons."""

    def __init__(self, known: Callable[[Tx, list[UUID]], Awaitable[bool]], call_worker: Callable[[], None]) -> None:
        self._known = known
        self._call_worker = call_worker

    async def RequestErasure(self, request: pb.RequestErasureRequest, tx: Tx) -> pb.Erasure:
        """Take one."""
        person_ids = [UUID(one) for one in request.person_ids]
        if not await self._known(tx, person_ids):
            raise NotFound(kind="person", kind_zh="个人")
        return told(await operations.request(tx, person_ids, request.channel.strip()), tx.now)

    async def ApproveErasure(self, request: pb.ApproveErasureRequest, tx: Tx) -> pb.Erasure:
        """Let one be carried out."""
        erasure = await operations.approve(tx, UUID(request.id), request.verification.strip())
        self._call_worker()
        return told(erasure, tx.now)

    async def RefuseErasure(self, request: pb.RefuseErasureRequest, tx: Tx) -> pb.Erasure:
        """Refuse one."""
        return told(await operations.refuse(tx, UUID(request.id), request.reason.strip()), tx.now)

    async def GetErasure(self, request: pb.GetErasureRequest, tx: Tx) -> pb.Erasure:
        """One erasure."""
        return told(await erasures.get(tx, UUID(request.id)), tx.now)

    async def ListErasures(self, request: pb.ListErasuresRequest, tx: Tx) -> pb.ListErasuresResponse:
        """One page."""
        rows, token = await listing.page(tx, request)
        return pb.ListErasuresResponse(
            erasures=[told(codec.from_row(row), tx.now) for row in rows], next_page_token=token
        )
