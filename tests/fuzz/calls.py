"""Every RPC of every service, spoken to as nobody should: noise on the socket, and bytes that are no request."""

import asyncio
import importlib
from collections.abc import Iterator
from random import Random
from typing import Any
from zlib import crc32

import grpc
from dealtrail.type.v1 import access_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.protos import GEN, IMAGE
from services.kit.status import DETAILS, reason_of
from tests.fuzz import messages, together
from tests.fuzz.findings import Outcome, leaks
from tests.fuzz.sockets import noise, said_to
from tests.fuzz.target import Target

OUR_FAULT = (StatusCode.UNKNOWN, StatusCode.INTERNAL, StatusCode.DATA_LOSS, StatusCode.UNAVAILABLE)
HEADERS = (
    ("if-match", "9" * 400),
    ("if-match", "-1"),
    ("idempotency-key", "k" * 4000),
    ("traceparent", "00-" + "f" * 90),
    ("accept-language", "," * 3000),
    ("caller", "../" * 99),
    ("x-client-address", "{0.__class__}"),
    ("authorization", "Bearer " + "." * 3000),
    ("authorization", "Bearer " + "e30." * 3),
)
CALL_S = 10


async def run(target: Target, random: Random, rounds: int) -> Outcome:
    """Noise at each port, then each method `rounds` times with each kind of bytes."""
    outcome = Outcome("Calls between services")
    for kind, content in noise(random):
        await asyncio.gather(*(_noise(target.address(one), one, kind, content, outcome) for one in target.processes))
    for process in target.processes:
        async with grpc.aio.insecure_channel(target.address(process)) as channel:
            methods = [one for one in _methods() if await _offered(channel, one, target.internal_token())]
            if not methods:
                outcome.findings.append(f"nothing offered: {process}")
                continue
            for method in methods:
                for _ in range(rounds):
                    await _method(channel, method, target.internal_token(_role(method)), random, outcome)
            await together.run(channel, methods, target.internal_token(), random, outcome)
            await _once(channel, methods[0], target.internal_token(), outcome)
        await _serves(target.address(process), outcome, f"{process} after its calls")
        outcome.findings += [f"harm: {process}: {text}" for text in target.harmed()]
    return outcome


async def _noise(address: str, process: str, kind: str, content: bytes, outcome: Outcome) -> None:
    answer = await said_to(address, content)
    outcome.tried(f"socket: {kind}", "something" if answer else "nothing", leaks(answer.decode("latin-1")))
    await _serves(address, outcome, f"{process} after {kind}")


def _methods() -> Iterator[MethodDescriptor]:
    """All methods of the contract that take one message and answer with one."""
    image = descriptor_pb2.FileDescriptorSet.FromString((GEN / IMAGE).read_bytes())
    for file in image.file:
        if file.service and file.name.startswith("dealtrail/"):
            importlib.import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
            for service in descriptor_pool.Default().FindFileByName(file.name).services_by_name.values():
                yield from (method for method in service.methods if not method.server_streaming)


async def _offered(channel: Any, method: MethodDescriptor, token: str) -> bool:
    """Whether the process has the method: it is asked, so that no list says who serves what."""
    return (await _call(channel, method, token, b""))[0] is not StatusCode.UNIMPLEMENTED


def _role(method: MethodDescriptor) -> str:
    """A role that may call the method, so that what is sent is read."""
    return access_pb2.Role.Name(method.GetOptions().Extensions[access_pb2.access].roles[0])


async def _method(channel: Any, method: MethodDescriptor, token: str, random: Random, outcome: Outcome) -> None:
    for kind, content in messages.raw(method.input_type, random):
        code, reason, wrong = await _call(channel, method, token, content)
        right = (StatusCode.INVALID_ARGUMENT, "MALFORMED_MESSAGE")
        if not wrong and (code, reason) != right and not _readable(method, content):
            wrong = f"{_path(method)}: {code} {reason} for bytes that are no message"
        outcome.tried(kind, _named(code, reason), wrong)
    for _ in range(3):
        content = messages.filled(method.input_type, random).SerializeToString()
        code, reason, wrong = await _call(channel, method, token, content)
        outcome.tried("values at the edge", _named(code, reason), wrong and f"{wrong}; {content[:300]!r}")
    header = random.choice(HEADERS)
    content = messages.filled(method.input_type, random).SerializeToString()
    code, reason, wrong = await _call(channel, method, token, content, (header,))
    outcome.tried("metadata", _named(code, reason), wrong and f"{wrong}; {header[0]}: {header[1][:40]}")


async def _once(channel: Any, method: MethodDescriptor, token: str, outcome: Outcome) -> None:
    """What is the same for all methods of a server: requests that are too large."""
    code, reason, wrong = await _call(channel, method, token, messages.large(method.input_type))
    if code is not StatusCode.RESOURCE_EXHAUSTED:
        wrong = wrong or f"5 MiB were answered with {code}"
    outcome.tried("5 MiB", _named(code, reason), wrong)


async def _call(
    channel: Any, method: MethodDescriptor, token: str, content: bytes, more: tuple[tuple[str, str], ...] = ()
) -> tuple[StatusCode, str, str]:
    """Code, reason, and what is wrong with the answer."""
    metadata = {"authorization": f"Bearer {token}"}
    if method.GetOptions().Extensions[access_pb2.access].key_required:
        metadata["idempotency-key"] = f"{crc32(content)}"
    metadata |= dict(more)
    try:
        await channel.unary_unary(_path(method))(content, metadata=tuple(metadata.items()), timeout=CALL_S)
    except grpc.aio.AioRpcError as error:
        details = dict(error.trailing_metadata() or ()).get(DETAILS)
        reason = reason_of(details) if isinstance(details, bytes) else ""
        wrong = ""
        if error.code() in OUR_FAULT or error.code() is StatusCode.DEADLINE_EXCEEDED:
            wrong = f"{_path(method)}: {error.code().name} {error.details()}"
        elif leak := leaks(f"{error.details()} {details!r}"):
            wrong = f"{_path(method)}: tells {leak!r}: {error.details()}"
        return error.code(), reason, wrong
    return StatusCode.OK, "", ""


async def _serves(address: str, outcome: Outcome, after: str) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await health.Check(health_pb2.HealthCheckRequest(), timeout=5, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            outcome.findings.append(f"dead: {after}: {error.code().name}")
            return
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        outcome.findings.append(f"dead: {after}: {answer.status}")


def _readable(method: MethodDescriptor, content: bytes) -> bool:
    try:
        GetMessageClass(method.input_type).FromString(content)
    except DecodeError:
        return False
    return True


def _path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def _named(code: StatusCode, reason: str) -> str:
    return f"{code.name} {reason}".strip()
