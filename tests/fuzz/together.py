"""Many calls in one request, each of them wrong in another way: every one is answered for itself."""

from collections.abc import Sequence
from random import Random
from typing import Any

import grpc
from dealtrail.type.v1 import calls_pb2
from google.protobuf.descriptor import MethodDescriptor
from grpc import StatusCode

from services.kit.serving import CODES, LARGEST, MANY
from services.kit.status import reason_of
from tests.fuzz import messages
from tests.fuzz.findings import Outcome, leaks

OUR_FAULT = (StatusCode.UNKNOWN, StatusCode.INTERNAL, StatusCode.DATA_LOSS, StatusCode.UNAVAILABLE)
PATIENCE_MS = 20_000
CALL_S = 30
NAMES = (
    "",
    "/",
    "x",
    "//",
    "/x/y/z",
    "/dealtrail.leads.v1.LeadsService/",
    "/dealtrail.leads.v1.LeadsService/__class__",
)
WORDS = (
    "",
    "\0",
    "\u00b2",
    "\u4e2d\U0001f600",
    "9" * 400,
    "-1",
    "Bearer ",
    "00-" + "f" * 90,
    "a\r\nb: c",
    "{0.__class__}",
)
HEADERS = (
    "authorization",
    "if-match",
    "idempotency-key",
    "traceparent",
    "caller",
    "x-client-address",
    "accept-language",
)


async def run(channel: Any, methods: Sequence[MethodDescriptor], token: str, random: Random, outcome: Outcome) -> None:
    """One request of noise of each kind, one of more calls than are taken, and one with all of them wrong."""
    many = channel.unary_stream(f"/{MANY.full_name}/CallMany")
    for kind, content in messages.raw(calls_pb2.CallManyRequest.DESCRIPTOR, random):
        await _asked(many, f"together: {kind}", content, outcome)
    calls = [_call(random.choice(methods), token, random) for _ in range(LARGEST)]
    full = calls_pb2.CallManyRequest(calls=calls)
    answers = await _asked(many, "together: as many as are taken", full.SerializeToString(), outcome)
    for answer in answers:
        code, call = CODES.get(answer.code, StatusCode.UNKNOWN), calls[answer.index]
        wrong = leaks(answer.message)
        if code in OUR_FAULT:
            wrong = f"{call.method}: {code.name} {answer.message}; {dict(call.metadata)} {call.request[:100]!r}"
        outcome.tried(
            "one of many", f"{code.name} {reason_of(answer.details) if answer.details else ''}".strip(), wrong
        )
    if sorted(answer.index for answer in answers) != list(range(LARGEST)):
        outcome.findings.append(f"one of many: {len(answers)} of {LARGEST} calls were answered")
    full.calls.add()
    await _asked(many, "together: more than are taken", full.SerializeToString(), outcome)


def _call(method: MethodDescriptor, token: str, random: Random) -> calls_pb2.Call:
    """A call that is wrong in its name, its request, its metadata or its time."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    call = calls_pb2.Call(method=path, metadata={"authorization": f"Bearer {token}"}, timeout_ms=PATIENCE_MS)
    match random.randrange(4):
        case 0:
            call.method = random.choice(NAMES)
        case 1:
            call.request = random.choice([content for _, content in messages.raw(method.input_type, random)])[:10_000]
        case 2:
            call.metadata[random.choice(HEADERS)] = random.choice(WORDS)
        case 3:
            call.timeout_ms = random.choice((0, 1, -1, -(2**31)))
    return call


async def _asked(many: Any, kind: str, content: bytes, outcome: Outcome) -> list[calls_pb2.Outcome]:
    """What one request is answered with, until it ends."""
    answers: list[calls_pb2.Outcome] = []
    try:
        async for part in many(content, timeout=CALL_S):
            answers += calls_pb2.CallManyResponse.FromString(part).outcomes
    except grpc.aio.AioRpcError as error:
        right = (StatusCode.INVALID_ARGUMENT, StatusCode.UNIMPLEMENTED)
        wrong = "" if error.code() in right else f"{error.code().name} {error.details()}"
        outcome.tried(kind, error.code().name, wrong or leaks(error.details() or ""))
    else:
        outcome.tried(kind, "OK")
    return answers
