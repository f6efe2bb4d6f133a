"""Facts told to those outside: CloudEvents in JSON on a stream of their own, made from our own events.

They leave by the outbox like all events, in the transaction that enters our own event in the inbox: each
of ours is told once, in the order of its aggregate. The id follows from that of our own event, so that
whoever hears it twice, after the stream was filled again, can know.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from services.kit.database import Tx
from services.kit.events import Envelope

CONTENT_TYPE = "application/cloudevents+json"


@dataclass(frozen=True)
class PublicEvent:
    """One event on its way out, as the outbox takes it."""

    event_id: uuid.UUID
    aggregate_id: uuid.UUID
    version: int
    subject: str
    headers: dict[str, str]
    payload: bytes


def publish(tx: Tx, feed: str, name: str, data: Message, envelope: Envelope) -> None:
    """Tell `data` as the event `name` of a feed such as "deals.v1", because of the event that `envelope` is of."""
    tx.events.append(public_event(feed, name, data, envelope))  # type: ignore[arg-type] # as the outbox takes it


def public_event(feed: str, name: str, data: Message, envelope: Envelope) -> PublicEvent:
    """The event as partners get it: CloudEvents 1.0, structured mode."""
    kind = f"{feed}.{name}"
    identity = uuid.uuid5(envelope.id, kind)
    body = {
        "specversion": "1.0",
        "id": str(identity),
        "source": "/" + feed.partition(".")[0],
        "type": kind,
        "subject": str(envelope.aggregate_id),
        "time": envelope.occurred_at.isoformat(),
        "datacontenttype": "application/json",
        "tenantid": str(envelope.tenant_id),
        "aggregateversion": envelope.version,
        "recordedtime": envelope.recorded_at.isoformat(),
        "data": as_json(data),
    }
    return PublicEvent(
        event_id=identity,
        aggregate_id=envelope.aggregate_id,
        version=envelope.version,
        subject=f"{feed}.{envelope.tenant_id}.{name}",
        headers={"Nats-Msg-Id": str(identity), "ce-id": str(identity), "ce-type": kind, "content-type": CONTENT_TYPE},
        payload=orjson.dumps(body),
    )


def as_json(data: Message) -> dict[str, Any]:
    """A message as the API has it: what has no presence is always there."""
    found: dict[str, Any] = MessageToDict(data, always_print_fields_with_no_presence=True)
    return found


def narrowed(source: Any, target: Any) -> Any:
    """Fill `target` with the fields that `source` has under the same name. What it has no field for is left out."""
    for field in target.DESCRIPTOR.fields:
        if field.name not in source.DESCRIPTOR.fields_by_name:
            continue
        value = getattr(source, field.name)
        if field.message_type is None:
            setattr(target, field.name, value)
        elif source.HasField(field.name):
            inside = getattr(target, field.name)
            inside.SetInParent()
            narrowed(value, inside)
    return target
