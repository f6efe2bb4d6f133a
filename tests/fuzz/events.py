"""Garbage on every subject that somebody consumes: set aside, and the next event is applied."""

import asyncio
import importlib
import math
import pkgutil
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import nats
from google.protobuf.message_factory import GetMessageClass
from nats.aio.client import Client
from nats.js.api import ConsumerInfo

import services
from services.kit.events import Subscriptions
from services.kit.streams import MAX_EVENT_BYTES
from tests.fuzz import messages
from tests.fuzz.findings import Outcome
from tests.fuzz.target import Target

PATIENCE_S = 60
PART = 0.3
"""Of all garbage, for a short run."""
MEGA = 1 << 20
ENOUGH = "SELECT count(*) FROM dead_letters"


async def run(target: Target, random: Random, rounds: int) -> Outcome:
    """Everything that is wrong with an event, on each subject of each consumer, `rounds` times; then an honest one.

    With 0 rounds a part of it, once.
    """
    outcome = Outcome("Events on every consumed subject")
    client = await nats.connect(target.stack.nats())
    try:
        heard = _heard()
        before = {name: await _letters(target, name) for name in heard}
        known = {name: kind for kinds in heard.values() for name, kind in kinds.items()}
        for name in sorted(known) * (rounds or 1):
            for fault, content, headers in _garbage(known[name], target.boss.tenant_id, random):
                if rounds or random.random() < PART:
                    await _publish(client, outcome, fault, name, content, headers)
        outcome.findings += [f"stuck: {name}" for name in await _stuck(client, list(heard))]
        for name in heard:
            kept = await _letters(target, name) - before[name]
            outcome.figures[f"dead letters of {name}"] = kept
            if not kept:
                outcome.findings.append(f"lost: {name} has set nothing aside")
        outcome.findings += await _honest(target)
        outcome.findings += [f"harm: {text}" for text in target.harmed()]
    finally:
        await client.close()
    return outcome


def _heard() -> dict[str, dict[str, Any]]:
    """By service that consumes, the events that it listens to: their full names and descriptors."""
    found: dict[str, dict[str, Any]] = {}
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if module.name.endswith(".consumers"):
            for one in vars(importlib.import_module(module.name)).values():
                if isinstance(one, Subscriptions):
                    kinds = {name: kind.DESCRIPTOR for name, (kind, _, _) in one.handlers.items()}
                    found.setdefault(module.name.split(".")[1], {}).update(kinds)
    return found


def _garbage(kind: Any, tenant: UUID, random: Random) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """What is wrong, the event's body and its headers."""
    good = _headers(kind.full_name, tenant, random)
    empty = GetMessageClass(kind)().SerializeToString()
    yield "no headers", random.randbytes(50), {}
    for name in good:
        yield "a header missing", empty, {key: value for key, value in good.items() if key != name}
        wrong = random.choice(("", "x", "9" * 50, "\0", "2026-01-01", "{}", "ÿ"))
        yield "a header wrong", empty, _fresh(good, random) | {name: wrong}
    yield "random bytes", random.randbytes(200), _fresh(good, random)
    yield "another schema", b"\x0a\x02\x08\x01\x12\x03abc", _fresh(good, random)
    yield "another type", empty, _fresh(good, random) | {"ce-type": "dealtrail.leads.v1.Lead"}
    yield "an unknown version of it", empty, _fresh(good, random) | {"ce-type": kind.full_name.replace(".v1.", ".v9.")}
    yield "nothing in it", empty, _fresh(good, random)
    yield "another tenant", empty, _fresh(good, random) | {"ce-tenant": str(UUID(int=random.getrandbits(128)))}
    for _ in range(3):
        filled = messages.filled(kind, random).SerializeToString()
        yield "values at the edge", filled[: MAX_EVENT_BYTES - 2_000], _fresh(good, random)
    yield "as large as can be", random.randbytes(MAX_EVENT_BYTES - 2_000), _fresh(good, random)
    yield "1 MiB", random.randbytes(MEGA - 2_000), _fresh(good, random)


def _headers(kind: str, tenant: UUID, random: Random) -> dict[str, str]:
    now = datetime.now(UTC).isoformat()
    names = ("ce-id", "ce-actor", "ce-subject", "ce-owner", "ce-team", "ce-collaborators")
    return {
        "ce-specversion": "1.0",
        "ce-source": "fuzz",
        "ce-type": kind,
        "ce-tenant": str(tenant),
        "ce-time": now,
        "ce-recordedtime": now,
        "ce-version": "1",
        "note": "a\0b",
    } | {name: str(UUID(int=random.getrandbits(128))) for name in names}


def _fresh(headers: Mapping[str, str], random: Random) -> dict[str, str]:
    return {**headers, "ce-id": str(UUID(int=random.getrandbits(128)))}


async def _publish(client: Client, outcome: Outcome, fault: str, kind: str, content: bytes, headers: Any) -> None:
    subject = f"{kind}.{headers.get('ce-tenant') or 'nobody'}.{headers.get('ce-subject') or 'nothing'}"
    subject = "".join(one if (one.isascii() and one.isalnum()) or one in ".-" else "_" for one in subject)
    try:
        answer = await client.request(subject, content, headers=headers or None, timeout=5)
        outcome.tried(fault, "refused by the stream" if b'"error"' in answer.data else "stored")
    except nats.errors.MaxPayloadError:
        outcome.tried(fault, "refused by the server")


async def _stuck(client: Client, consumers: list[str]) -> list[str]:
    """The consumers that owe something and have settled nothing for so long, with what they still owe."""
    least, end = math.inf, 0.0
    while owing := [info for info in await _infos(client) if info.name in consumers and _owed(info)]:
        if (owed := sum(map(_owed, owing))) < least:
            least, end = owed, time.monotonic() + PATIENCE_S
        elif time.monotonic() > end:
            return [
                f"{info.stream_name}/{info.name}: {info.num_pending} to read, {info.num_ack_pending} unsettled"
                for info in owing
            ]
        await asyncio.sleep(0.2)
    return []


def _owed(info: ConsumerInfo) -> int:
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def _infos(client: Client) -> list[ConsumerInfo]:
    js = client.jetstream()
    names = [stream.config.name for stream in await js.streams_info()]
    return [info for name in names if name for info in await js.consumers_info(name)]


async def _letters(target: Target, service: str) -> int:
    connection = await asyncpg.connect(target.stack.superuser(service))
    try:
        return int(await connection.fetchval(ENOUGH))
    finally:
        await connection.close()


async def _honest(target: Target) -> list[str]:
    """Whether what people do still arrives: a lead in the timeline and in the numbers."""
    boss = target.company.boss
    channel = f"after the garbage {time.monotonic_ns()}"
    made = await boss.post("/v1/leads", {"company": "honest", "channel": channel})
    missing = {"timeline", "analytics"}
    end = time.monotonic() + PATIENCE_S
    while missing and time.monotonic() < end:
        if (await boss.get(f"/v1/leads/{made['id']}/timeline"))["entries"]:
            missing.discard("timeline")
        groups = (await boss.get("/v1/analytics/channels"))["groups"]
        if any(group["channel"] == channel for group in groups):
            missing.discard("analytics")
        await asyncio.sleep(0.1)
    return [f"dead: {name} does not apply events any more" for name in missing]
