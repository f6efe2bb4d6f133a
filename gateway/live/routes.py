"""GET /v1/live: the changes within the caller's sight as server-sent events, until the access token ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse

from gateway.live.feed import Feed, Listener
from gateway.live.replay import MissedTooMuch, missed
from gateway.pages import caller
from gateway.transcode import Caller
from services.kit.errors import RoleNotAllowed, Unauthenticated, Violated

HEARTBEAT_SECONDS = 15.0
RETRY = b"retry: 2000\n\n"
HEARTBEAT = b": still here\n\n"
RESET = b"event: reset\ndata: {}\n\n"
"""More was missed than is told: read everything anew."""
ROLES = ("BOSS", "MANAGER", "REP")
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": (
            'One event for each change, its data {"id", "type", "time", "subject": {"kind", "id"}, "version", '
            '"actor"}. '
            "An event named `reset` says that too much was missed: read everything anew."
        ),
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    **{status: {"$ref": f"#/components/responses/Problem{status}"} for status in (400, 401, 403, 429)},
    "default": {"$ref": "#/components/responses/Problem500"},
}


def routes(feed: Feed) -> APIRouter:
    """The router."""
    router = APIRouter(tags=["Live"])

    @router.get("/v1/live", operation_id="listenLive", responses=STREAM, response_class=StreamingResponse)
    async def live(
        request: Request,
        who: Annotated[Caller, Depends(listener)],
        types: Annotated[str, Query(description="Only these, such as LeadCaptured,DealWon; all if empty.")] = "",
        last_event_id: Annotated[str, Header(description="The id heard last: what came since is told first.")] = "",
    ) -> StreamingResponse:
        """Hear of changes as they happen.

        An event says what has changed and holds no data: read it again. The stream ends with the access token; come
        again with a new one. A change may be told twice.
        """
        last = _last(last_event_id)
        wanted = frozenset(one.strip() for one in types.split(",") if one.strip())
        stack = contextlib.AsyncExitStack()
        ear = await stack.enter_async_context(feed.listening(who.principal, wanted))

        async def told() -> AsyncIterator[bytes]:
            async with stack:
                async for frame in _frames(feed, ear, last, request):
                    yield frame

        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(told(), media_type="text/event-stream", headers=headers)

    return router


async def listener(request: Request) -> Caller:
    """The caller, looked at before the rest of the request. Refused: UNAUTHENTICATED, ROLE_NOT_ALLOWED."""
    who = await caller(request)
    if who.principal.role not in ROLES:
        raise RoleNotAllowed(role=who.principal.role, method="listenLive")
    return who


def _last(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Violated(("Last-Event-ID", "must be the id of an event", "应为事件编号")) from None


async def _frames(feed: Feed, ear: Listener, last: UUID | None, request: Request) -> AsyncIterator[bytes]:
    """What was missed, then what comes; every heartbeat asks again who the caller is and what they may see."""
    yield RETRY
    told: set[str] = set()
    if last is not None and feed.client is not None:
        try:
            for earlier in await missed(feed.client, ear.who.tenant_id, last):
                if earlier.id != str(last) and ear.wants(earlier):
                    told.add(earlier.id)
                    yield earlier.frame
        except MissedTooMuch:
            yield RESET
    clock = asyncio.get_running_loop()
    again = clock.time() + HEARTBEAT_SECONDS
    while True:
        try:
            async with asyncio.timeout_at(again):
                change = await ear.next()
        except TimeoutError:
            try:
                ear.who = (await caller(request)).principal
            except Unauthenticated:
                return
            again = clock.time() + HEARTBEAT_SECONDS
            yield HEARTBEAT
            continue
        if change is None:
            return
        if change.id not in told:
            yield change.frame
