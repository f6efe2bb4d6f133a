"""POST /v1/intake: a lead from another system of the tenant, by a key that opens nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from wire.dealtrail.leads.v1 import leads_pb

from gateway.decode import from_body
from gateway.identity.intake_keys.domain import IntakeKey
from gateway.limits import read
from gateway.peers import Invoke
from gateway.refusals import IdempotencyKeyInvalid, MediaTypeUnsupported
from gateway.transcode import JSON, KEY, Caller
from services.kit.errors import Unauthenticated, Violated

Open = Callable[[str], Awaitable[tuple[UUID, IntakeKey]]]
"""From a key as it was sent to its tenant and what is kept of it; raises Unauthenticated."""
Vouch = Callable[[UUID, UUID], Awaitable[Caller]]
PATH = "/v1/intake"
CREATE = "/dealtrail.leads.v1.LeadsService/CreateLead"
BODY_BYTES = 64 << 10
SECONDS = 8.0
OURS = {"id": "id", "owner_id": "ownerId", "channel": "channel", "campaign": "campaign", "outcome": "outcome"}
"""Fields of a lead that a source does not choose: the key says them, or they are for imports."""


def routes(open_key: Open, vouch: Vouch, leads: Invoke) -> APIRouter:
    """The router."""
    router = APIRouter(include_in_schema=False)

    @router.post(PATH)
    async def take_in(request: Request) -> Response:
        """Leave a lead, by an intake key as bearer token.

        It belongs to the key's owner and carries the key's channel and campaign. Send an Idempotency-Key, so that what
        is sent again is recorded once. The answer tells nothing of what is known already.
        """
        state = request.app.state
        try:
            tenant_id, key = await open_key(request.headers.get("authorization", "").removeprefix("Bearer "))
            owner = await vouch(tenant_id, key.owner_id)
        except Unauthenticated:
            state.strangers.failed(request.scope)
            raise
        state.rate.take(key.id)
        message = await _lead(request)
        message.channel, message.campaign = key.channel, key.campaign
        await leads(CREATE, message.to_binary(), _metadata(request, owner, key), SECONDS)
        return Response(status_code=202)

    return router


async def _lead(request: Request) -> Any:
    """The lead that was sent. Refused: MEDIA_TYPE_UNSUPPORTED, INVALID."""
    if not JSON.fullmatch(request.headers.get("content-type", "").encode("latin-1")):
        raise MediaTypeUnsupported(expected="application/json")
    body = await read(request.receive, dict(request.headers.raw), BODY_BYTES, SECONDS)
    message = from_body(leads_pb.CreateLeadRequest, body, False)
    for field, name in OURS.items():
        if getattr(message, field):
            raise Violated((name, "is the key's to say; leave it out", "由接入密钥决定，请勿填写"))
    return message


def _metadata(request: Request, owner: Caller, key: IntakeKey) -> list[tuple[str, str]]:
    metadata = [("authorization", "Bearer " + owner.internal_token)]
    if (given := request.headers.get("idempotency-key")) is not None:
        if not KEY.fullmatch(given.encode("latin-1")) or len(given) > 200:
            raise IdempotencyKeyInvalid
        # Keys of one source say nothing about another's.
        metadata.append(("idempotency-key", f"{key.id} {given}"))
    return metadata
