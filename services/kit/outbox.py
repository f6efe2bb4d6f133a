"""What commits beside the rows: events on their way out, audit entries, and the answer that repetitions get."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from services.kit import telemetry
from services.kit.ids import new_id
from services.kit.partitions import slot

EVENTS = """INSERT INTO outbox (tenant_id, event_id, aggregate_id, version, subject, headers, payload)
SELECT $1::uuid, e.* FROM t, unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::jsonb[], $7::bytea[]) e"""
EVENT = """INSERT INTO outbox (tenant_id, event_id, aggregate_id, version, subject, headers, payload)
SELECT $1::uuid, $2::uuid, $3::uuid, $4::bigint, $5, $6::jsonb, $7::bytea FROM t"""
ENTRIES = """INSERT INTO audit (tenant_id, id, actor_id, action, subject_id, purpose)
SELECT $1::uuid, a.id, a.actor_id, a.action, a.subject_id, a.purpose
FROM t, unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::uuid[])
  a (id, action, subject_id, purpose, actor_id)"""
ANSWER = """INSERT INTO idempotency (tenant_id, principal_id, method, key, request_hash, answer)
SELECT $1::uuid, $2::uuid, $3, $4, $5::bytea, $6::bytea FROM t"""


class Entry(NamedTuple):
    """One entry of the audit log."""

    action: str
    subject_id: uuid.UUID
    purpose: str
    actor_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command will answer to every repetition of its key."""

    method: str
    key: str
    request_hash: bytes
    body: bytes


class Message:
    """One event as it will stand in outbox and stream: CloudEvents attributes as headers, protobuf inside."""

    __slots__ = ("aggregate_id", "event_id", "headers", "payload", "subject", "version")

    def __init__(self, tx: Any, event: Any, aggregate: Any, occurred_at: datetime, seen_as: Any) -> None:
        name = event.DESCRIPTOR.full_name
        tenant = tx.principal.tenant_id
        self.event_id = new_id()
        self.aggregate_id: uuid.UUID = aggregate.id
        self.version: int = getattr(aggregate, "version", 1)
        self.subject = f"{name}.{tenant}.{aggregate.id}.{slot(tenant)}"
        self.payload: bytes = event.SerializeToString()
        self.headers = {
            "Nats-Msg-Id": str(self.event_id),
            "ce-specversion": "1.0",
            "ce-id": str(self.event_id),
            "ce-type": name,
            "ce-source": "/" + name.split(".")[1],
            "ce-subject": str(aggregate.id),
            "ce-time": occurred_at.isoformat(),
            "ce-recordedtime": tx.now.isoformat(),
            "ce-tenant": str(tenant),
            "ce-actor": str(tx.principal.user_id),
            "ce-version": str(self.version),
        } | _sight(seen_as)
        telemetry.inject(self.headers)


def _sight(row: Any) -> dict[str, str]:
    """Who may see the aggregate, so that a feed can decide without opening the event."""
    owner = getattr(row, "owner_id", None)
    if owner is None:
        return {}
    found = {
        "ce-owner": str(owner),
        "ce-team": str(row.team_id or ""),
        "ce-collaborators": ",".join(str(user) for user in row.collaborators),
    }
    return found | {"ce-exclusive": "true"} if getattr(row, "exclusive", False) else found


def inserts(tx: Any) -> list[tuple[str, list[Any]]]:
    """What the transaction leaves beside its rows: its events, its audit entries and its answer.

    A second transaction with the same idempotency key fails on the primary key of the latter, once
    the first has committed.
    """
    tenant, answer, events = tx.principal.tenant_id, tx.answer, tx.events
    found = []
    if len(events) == 1:
        found.append((EVENT, [tenant, *_columns(events[0])]))
    elif events:
        found.append((EVENTS, [tenant, *map(list, zip(*map(_columns, events), strict=True))]))
    if tx.entries:
        columns = map(list, zip(*tx.entries, strict=True))
        found.append((ENTRIES, [tenant, [new_id() for _ in tx.entries], *columns]))
    if answer is not None:
        row = [answer.method, answer.key, answer.request_hash, answer.body]
        found.append((ANSWER, [tenant, tx.principal.user_id, *row]))
    return found


def _columns(event: Message) -> tuple[Any, ...]:
    return event.event_id, event.aggregate_id, event.version, event.subject, event.headers, event.payload
