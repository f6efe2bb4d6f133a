"""Calls to services for an import: as its owner, again and again while they are out of reach."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from grpc import StatusCode
from grpc.aio import AioRpcError
from protobuf import Message

from gateway.imports.domain import OwnerLeft
from gateway.imports.kinds import Kind
from gateway.peers import Invoke, Metadata
from gateway.problems import fault_of
from gateway.transcode import Caller
from services.kit.errors import Conflict, Exhausted, Expired, Problem, Unauthenticated, Unavailable

Vouch = Callable[[UUID, UUID], Awaitable[Caller]]
"""From tenant and user to the user as a caller, with a token minted anew; raises Unauthenticated."""

CALL_SECONDS = 15.0
PATIENCE_SECONDS = 900.0
LONGEST_PAUSE_SECONDS = 10.0
TOKEN_SECONDS = 60.0
MESSAGE_BYTES = 3 << 20
"""Services take messages of 4 MiB."""
PASSING = (
    StatusCode.UNAVAILABLE,
    StatusCode.DEADLINE_EXCEEDED,
    StatusCode.ABORTED,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.CANCELLED,
)
"""What may be otherwise in a moment."""


class Refusal(Problem):
    """A service refuses the import as a whole."""

    def __init__(self, error: AioRpcError) -> None:
        told = fault_of(error, "en")
        self.reason = told.reason  # type: ignore[misc] # of this refusal, not of the class
        self.en = told.detail.replace("{", "{{").replace("}", "}}")  # type: ignore[misc] # likewise
        super().__init__()


class Sender:
    """Calls as the owner of one operation."""

    def __init__(self, peers: Mapping[str, Invoke], vouch: Vouch, tenant_id: UUID, user_id: UUID) -> None:
        self._peers = peers
        self._vouch = vouch
        self._who = (tenant_id, user_id)
        self._caller: Caller | None = None
        self._renew_at = 0.0

    async def read(self, path: str, request: bytes) -> bytes:
        """Call a read. Raises Problem if it is refused."""
        return await self._call(path, request, ())

    async def command(self, path: str, request: bytes, key: str) -> bytes:
        """Call a command; repetitions of the key answer as before. Raises Problem if it is refused."""
        if not key:
            return await self._call(path, request, ())
        return await self._once(path, request, key)

    async def send(self, kind: Kind, items: Sequence[Message], dry_run: bool, key: str) -> list[object]:
        """The results of a batch, one an item. `key` makes a repetition answer as before. Raises Problem."""
        fields = {kind.items: list(items), "validate_only": dry_run}
        request = kind.method.input(**fields).to_binary()
        if len(request) > MESSAGE_BYTES and len(items) > 1:
            half = len(items) // 2
            first = await self.send(kind, items[:half], dry_run, f"{key}.0")
            return first + await self.send(kind, items[half:], dry_run, f"{key}.1")
        path = kind.method.path
        reply = await (self._call(path, request, ()) if dry_run else self._once(path, request, key))
        return list(kind.method.output.from_binary(reply).results)  # type: ignore[attr-defined] # every batch answers results

    async def _once(self, path: str, request: bytes, key: str) -> bytes:
        try:
            return await self._call(path, request, (("idempotency-key", key),))
        except Refusal as refusal:
            if refusal.reason != "IDEMPOTENCY_KEY_MISMATCH":
                raise
            # Names lead elsewhere than before the restart; ids still keep things from being done twice.
            return await self._call(path, request, ())

    async def _call(self, path: str, request: bytes, metadata: Metadata) -> bytes:
        """One call, repeated while it fails for reasons that pass."""
        peer = path.split(".")[1]
        until, pause = time.monotonic() + PATIENCE_SECONDS, 0.1
        while True:
            try:
                token = ("authorization", f"Bearer {await self._token()}")
                reply, _ = await self._peers[peer](path, request, (token, *metadata), CALL_SECONDS)
                return reply
            except AioRpcError as error:
                if error.code() not in PASSING or time.monotonic() > until:
                    raise Refusal(error) from error
            except (Unavailable, Expired, Conflict, Exhausted):
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _token(self) -> str:
        if self._caller is None or time.monotonic() > self._renew_at:
            try:
                self._caller = await self._vouch(*self._who)
            except Unauthenticated:
                raise OwnerLeft from None
            self._renew_at = time.monotonic() + TOKEN_SECONDS
        return self._caller.internal_token
