"""How a call becomes a transaction: principal, access, deadline, rules, idempotency, then the servicer's method."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import grpc
from dealtrail.type.v1 import access_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from sqlalchemy import bindparam, select

from services.kit import audit, outages
from services.kit.database import Answer, Database, Tx
from services.kit.errors import (
    CommandInFlight,
    Expired,
    IdempotencyKeyMismatch,
    IdempotencyKeyMissing,
    Invalid,
    Problem,
    RoleNotAllowed,
    Unauthenticated,
)
from services.kit.principal import Principal, Stranger, TokenVerifier
from services.kit.replies import PageReply, RowReply
from services.kit.sql import Query
from services.kit.status import check
from services.kit.tables import idempotency

log = logging.getLogger(__name__)

ANONYMOUS = Principal(UUID(int=0), UUID(int=0), "ANONYMOUS", None)
REPLAYED = ("idempotency-replayed", "true")
AS_JSON = ("accept", "application/json")
"""What a caller says who takes a reply as JSON too, where the service has that at less cost than the message. To all
others a reply is the message that the proto says."""
IN_JSON = ("content-kind", "application/json")
"""What is said with a reply that came so."""
LARGEST_JSON = 1 << 20
"""A longer one is sent as the message, which is a third as long: gRPC refuses more than 4 MiB."""
LEAST_TIME_S = 0.05
ATTEMPTS = 3
NOTE_S = 1.0
"""For keeping something of a refusal, at most: whoever is refused waits for it."""
UNSTORABLE = (asyncpg.UntranslatableCharacterError, asyncpg.CharacterNotInRepertoireError)

STORED = Query(
    select(idempotency.c.request_hash, idempotency.c.answer).where(
        *(idempotency.c[name] == bindparam(name) for name in ("tenant_id", "principal_id", "method", "key"))
    )
)


class MalformedMessage(Invalid):
    """The bytes are not a message of the method's type."""

    en = "the message cannot be read"
    zh = "无法解析请求内容"


class NullCharacter(Invalid):
    """A text of the request holds U+0000, which PostgreSQL does not keep."""

    en = "a text must not contain U+0000"
    zh = "文本不能包含空字符"


class Method:
    """What a method's proto says of it, and the servicer's function that does it."""

    def __init__(self, descriptor: MethodDescriptor, servicer: Any) -> None:
        options = descriptor.GetOptions()
        access = options.Extensions[access_pb2.access]
        self.name = descriptor.name
        self.path = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
        self.request = GetMessageClass(descriptor.input_type)
        self.reads = options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS
        self.roles = frozenset(access_pb2.Role.Name(role) for role in access.roles)
        self.public = access.public
        self.key_required = access.key_required
        self.audited = access.audited
        self.discloses = access.discloses
        self.action = f"{descriptor.full_name.split('.')[1]}.{descriptor.name}"
        self.run = getattr(servicer, descriptor.name)


class Reply:
    """The serialised answer, whether it is a repetition, and whether it is JSON."""

    __slots__ = ("body", "in_json", "replayed")

    def __init__(self, body: bytes, replayed: bool = False, in_json: bool = False) -> None:
        self.body = body
        self.replayed = replayed
        self.in_json = in_json


class Service:
    """One proto service: every method of its descriptor is served by the servicer's method of the same name."""

    def __init__(
        self, descriptor: ServiceDescriptor, servicer: Any, database: Database, verifier: TokenVerifier
    ) -> None:
        self.name = descriptor.full_name
        self.methods = {method.name: Method(method, servicer) for method in descriptor.methods}
        self._database = database
        self._verifier = verifier

    async def invoke(self, name: str, body: bytes, metadata: Mapping[str, str], remaining: float | None) -> Reply:
        """Answer one call. Raises Problem for every refusal; any other exception is a fault of ours."""
        method = self.methods[name]
        principal, token = self._principal(method, metadata)
        if remaining is not None and remaining < LEAST_TIME_S:
            raise Expired
        call = Call(method, principal, token, _parse(method, body), metadata, remaining)
        check(call.request)
        try:
            if method.public:
                return Reply(await call.run_for_stranger())
            if method.reads:
                return await self._read(call)
            return await self._command(call, hashlib.blake2b(body, digest_size=16).digest())
        except UNSTORABLE as error:
            raise NullCharacter from error
        except (Problem, grpc.aio.AioRpcError):
            raise
        except Exception as error:
            if told := outages.refusal(error):
                raise told from error
            raise

    def _principal(self, method: Method, metadata: Mapping[str, str]) -> tuple[Principal, str]:
        token = metadata.get("authorization", "").removeprefix("Bearer ")
        if method.public:
            return ANONYMOUS, ""
        if not token:
            raise Unauthenticated
        principal = self._verifier.verify(token)
        if principal.role not in method.roles:
            raise RoleNotAllowed(role=principal.role, method=method.name)
        return principal, token

    async def _read(self, call: "Call") -> Reply:
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._look(call)
            except outages.TRANSIENT:
                continue
        return await self._look(call)

    async def _look(self, call: "Call") -> Reply:
        async with self._database.transaction(call.principal, read_only=True) as tx:
            return Reply(await call.run(tx), in_json=call.in_json)

    async def _command(self, call: "Call", digest: bytes) -> Reply:
        """Do it once. A known key answers as before: found when the first commit stands in the way, or on a refusal.

        Where somebody was quicker to write what must be unique it is done again, and meets what stands by then.
        """
        key = call.metadata.get("idempotency-key", "")
        if call.method.key_required and not key:
            raise IdempotencyKeyMissing
        presuming = True
        for attempt in range(ATTEMPTS):
            try:
                return Reply(await self._attempt(call, key, digest, presuming))
            except outages.TRANSIENT:
                continue
            except outages.Mistaken:
                presuming = False
            except asyncpg.UniqueViolationError as clash:
                if stored := await self._clashed(call, key, digest, clash):
                    return stored
                if attempt == ATTEMPTS - 1:
                    raise
            except (Problem, grpc.aio.AioRpcError):
                if key and (stored := await self._stored(call, key, digest)):
                    return stored
                await self._note_refusal(call, key)
                raise
        raise CommandInFlight

    async def _clashed(
        self, call: "Call", key: str, digest: bytes, clash: asyncpg.UniqueViolationError
    ) -> Reply | None:
        """The answer to the same command, which was quicker; None where it was another that wrote the like."""
        stored = await self._stored(call, key, digest)
        if stored is None and clash.table_name == idempotency.name:
            raise CommandInFlight from clash
        return stored

    async def _note_refusal(self, call: "Call", key: str) -> None:
        """Keep what the refused command said is to be kept. If that fails, the refusal is told all the same."""
        if call.tx is None or (note := call.tx.if_refused) is None:
            return
        deadline = call.tx.deadline
        left = NOTE_S if deadline is None else min(NOTE_S, deadline - time.monotonic() - LEAST_TIME_S)
        try:
            async with asyncio.timeout(left), self._database.transaction(call.principal) as tx:
                tx.key = key
                await note(tx)
        except Exception:
            log.exception("a refusal was not noted", extra={"method": call.method.path})

    async def _attempt(self, call: "Call", key: str, digest: bytes, presuming: bool) -> bytes:
        async with self._database.transaction(call.principal) as tx:
            tx.key, tx.may_presume = key, presuming
            answer = await call.run(tx)
            if key and not call.method.discloses:
                tx.answer = Answer(call.method.path, key, digest, answer)
        return answer

    async def _stored(self, call: "Call", key: str, digest: bytes) -> Reply | None:
        async with self._database.transaction(call.principal, read_only=True) as tx:
            row = await tx.fetch_one(STORED, principal_id=call.principal.user_id, method=call.method.path, key=key)
        if row is None:
            return None
        if row["request_hash"] != digest:
            raise IdempotencyKeyMismatch
        return Reply(row["answer"], replayed=True)


class Call:
    """One call to a method: who calls, with what, until when."""

    __slots__ = ("in_json", "metadata", "method", "principal", "remaining", "request", "token", "tx")

    def __init__(
        self,
        method: Method,
        principal: Principal,
        token: str,
        request: Any,
        metadata: Mapping[str, str],
        remaining: float | None,
    ) -> None:
        self.method = method
        self.principal = principal
        self.token = token
        self.request = request
        self.metadata = metadata
        self.remaining = remaining
        self.tx: Tx | None = None
        """The transaction of the last attempt."""
        self.in_json = False
        """Whether `run` answered JSON."""

    async def run(self, tx: Tx) -> bytes:
        """The servicer's answer, serialised."""
        self.tx = tx
        tx.token = self.token
        tx.caller = self.metadata.get("caller", "")
        tx.deadline = self._deadline()
        tx.takes_json = self.metadata.get(AS_JSON[0]) == AS_JSON[1] and not self.method.audited
        if (version := self.metadata.get("if-match", "")).isascii() and version.isdigit():
            tx.if_match = int(version)
        reply: Message | RowReply[Any] | PageReply[Any] = await self.method.run(self.request, tx)
        if isinstance(reply, Message):
            message = reply
        elif tx.takes_json and (told := self._told(reply)) is not None:
            return told
        else:
            message = reply.message()
        if self.method.audited:
            audit.record_call(tx, self.method.action, self.request, message)
        return message.SerializeToString()

    def _told(self, reply: RowReply[Any] | PageReply[Any]) -> bytes | None:
        """The reply in JSON, unless that is too long."""
        told = reply.json()
        self.in_json = len(told) <= LARGEST_JSON
        return told if self.in_json else None

    async def run_for_stranger(self) -> bytes:
        """The answer of a public method, serialised."""
        stranger = Stranger(self.metadata.get("x-client-address", ""), self._deadline())
        reply: Message = await self.method.run(self.request, stranger)
        return reply.SerializeToString()

    def _deadline(self) -> float | None:
        return time.monotonic() + self.remaining if self.remaining is not None else None


def _parse(method: Method, body: bytes) -> Any:
    try:
        return method.request.FromString(body)
    except DecodeError:
        raise MalformedMessage from None
