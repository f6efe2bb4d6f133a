"""What public pages ask of the services: as a visitor to whom nothing belongs, or as the rep whose link was opened.

Messages are loaded with the first call, or by whoever loads them all: they take as long as a fifth of the gateway.
"""

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from grpc import StatusCode
from grpc.aio import AioRpcError
from protobuf import Message

from gateway.forms.bounds import OVERLOADED
from gateway.peers import Invoke
from gateway.transcode import Caller
from services.kit.errors import Problem, Unauthenticated, Unavailable

if TYPE_CHECKING:
    from wire.dealtrail.leads.v1.submissions_pb import OpenedForm, Picture

log = logging.getLogger(__name__)

Visitor = Callable[[str], Awaitable[Caller | None]]
"""From the name of a tenant to a caller to whom nothing belongs there; None if there is no such tenant."""
Vouch = Callable[[UUID, UUID], Awaitable[Caller]]
SERVICE = "/dealtrail.leads.v1.SubmissionsService/"
CALL_SECONDS = 8.0
FRESH_SECONDS = 3.0
"""For how long an opened form is shown again without asking: how late a change is felt."""
REMEMBER = 5_000
FLUSH_SECONDS = 1.0
M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Opened:
    """A form as it was opened by a link, and as whom its services are called."""

    link_id: str
    form: Any
    visitor: Caller
    rep: Caller | None
    """The link's rep; None if they do not work here any more."""
    until: float


class Forms:
    """Opens forms and carries what people leave. What was opened a moment ago is remembered."""

    def __init__(self, leads: Invoke, visitor: Visitor, vouch: Vouch) -> None:
        self._leads = leads
        self._visitor = visitor
        self._vouch = vouch
        self._opened: OrderedDict[tuple[str, str], Opened] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[Opened | None]] = {}
        self._views: dict[str, tuple[Caller, Counter[str]]] = {}
        self._flushing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to count views."""
        self._flushing = asyncio.create_task(self._flush_forever())

    async def stop(self) -> None:
        """Count what was seen up to now, and end."""
        if self._flushing:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
        await self._flush()

    async def open(self, tenant: str, token: str) -> Opened | None:
        """What the token leads to; None if nothing. What was known last, while it is being asked or nobody answers."""
        key = tenant, token
        known = self._opened.get(key)
        if known is not None and (known.until > time.monotonic() or key in self._asking):
            return known
        if key not in self._asking:
            # One asks for all who come meanwhile: a flood must not ask as often as it comes.
            self._asking[key] = asyncio.create_task(self._ask(tenant, token, known))
            self._asking[key].add_done_callback(lambda _: self._asking.pop(key))
        return await asyncio.shield(self._asking[key])

    async def _ask(self, tenant: str, token: str, known: Opened | None) -> Opened | None:
        visitor = await self._visitor(tenant)
        if visitor is None:
            return None
        from wire.dealtrail.leads.v1 import submissions_pb as pb  # noqa: PLC0415 - a start need not wait for it

        try:
            reply = await self._call(visitor, "OpenForm", pb.OpenFormRequest(token=token), pb.OpenedForm)
        except AioRpcError as error:
            if error.code() in (StatusCode.NOT_FOUND, StatusCode.INVALID_ARGUMENT):
                return None
            if known is not None and error.code() in OVERLOADED:
                return known
            raise
        rep = await self._rep(visitor, reply)
        opened = Opened(reply.link_id, reply.form, visitor, rep, time.monotonic() + FRESH_SECONDS)
        self._opened[tenant, token] = opened
        if len(self._opened) > REMEMBER:
            self._opened.popitem(last=False)
        return opened

    def view(self, tenant: str, opened: Opened) -> None:
        """Count that a page was opened."""
        _, counted = self._views.setdefault(tenant, (opened.visitor, Counter()))
        counted[opened.link_id] += 1

    async def picture(self, opened: Opened, number: int) -> "Picture":
        """One of its pictures. Refused: NOT_FOUND."""
        from wire.dealtrail.leads.v1 import submissions_pb as pb  # noqa: PLC0415 - a start need not wait for it

        request = pb.GetPictureRequest(form_id=opened.form.id, number=number)
        return await self._call(opened.visitor, "GetPicture", request, pb.Picture)

    async def pass_on(self, opened: Opened) -> str:
        """The token of a new link below the one that was opened."""
        from wire.dealtrail.leads.v1 import submissions_pb as pb  # noqa: PLC0415 - a start need not wait for it

        request = pb.PassOnRequest(link_id=opened.link_id)
        return (await self._call(opened.visitor, "PassOn", request, pb.PassedOn)).token

    async def submit(
        self, opened: Opened, answers: Mapping[str, str], consent: int | None, utm: Mapping[str, str]
    ) -> None:
        """Record what somebody left. `consent` is the version of the text consented to, None without consent.

        Refused: INVALID, naming the fields; FORM_CLOSED.
        """
        from wire.dealtrail.leads.v1 import submissions_pb as pb  # noqa: PLC0415 - a start need not wait for it
        from wire.dealtrail.leads.v1.leads_pb import Utm  # noqa: PLC0415 - a start need not wait for it

        assert opened.rep is not None, "a link whose rep has left takes nothing"
        request = pb.SubmitRequest(
            link_id=opened.link_id,
            answers=dict(answers),
            consented=consent is not None,
            consent_version=consent or 0,
            utm=Utm(**utm) if utm else None,
        )
        await self._call(opened.rep, "Submit", request, pb.SubmitResponse)

    async def _rep(self, visitor: Caller, reply: "OpenedForm") -> Caller | None:
        try:
            return await self._vouch(visitor.principal.tenant_id, UUID(reply.owner_id))
        except Unauthenticated:
            return None

    async def _call(self, who: Caller, method: str, request: Message, answer: type[M]) -> M:
        metadata = (("authorization", "Bearer " + who.internal_token), ("accept-language", "zh"))
        body = request.to_binary()
        try:
            reply, _ = await self._leads(SERVICE + method, body, metadata, CALL_SECONDS)
        except AioRpcError as error:
            # Nothing here is done twice by being asked twice, but for a view or a link too many.
            if error.code() is not StatusCode.UNAVAILABLE:
                raise
            reply, _ = await self._leads(SERVICE + method, body, metadata, CALL_SECONDS)
        return answer.from_binary(reply)

    async def _flush_forever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        """Tell the service what was seen. What cannot be told now is told the next time."""
        waiting, self._views = self._views, {}
        for tenant, (visitor, counted) in waiting.items():
            from wire.dealtrail.leads.v1 import submissions_pb as pb  # noqa: PLC0415 - a start need not wait for it

            views = [pb.CountViewsRequest.Views(link_id=link, views=number) for link, number in counted.items()]
            try:
                await self._call(visitor, "CountViews", pb.CountViewsRequest(links=views), pb.CountViewsResponse)
            except (AioRpcError, Unavailable, Problem) as error:
                log.warning("views could not be counted", extra={"error": repr(error)})
                _, kept = self._views.setdefault(tenant, (visitor, Counter()))
                kept.update(counted)
