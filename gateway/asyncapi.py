"""The AsyncAPI 3 document of the events that partners hear, made from their registry in the contract.

`python -m gateway.asyncapi` prints it. The messages inside dealtrail.opportunities.v1.FeedEvent are the registry.
"""

import sys
from typing import Any

import orjson
from fastapi import APIRouter, Response
from protobuf import DescField, DescMessage
from wire.dealtrail.opportunities.v1 import feed_pb

from gateway.comments import comments, split
from gateway.constraints import Schema, keywords, rules_of
from gateway.identity.partners.access import CONSUMER, STREAM
from gateway.messages import OUT, Messages

router = APIRouter(include_in_schema=False)

FEED = "deals.v1"
UUID = {"type": "string", "format": "uuid"}
TIME = {"type": "string", "format": "date-time"}
ABOUT = f"""\
What happens to the deals of a tenant, as CloudEvents 1.0 in structured JSON, kept for seven days in the JetStream
stream `{STREAM}`. Each partner reads a durable pull consumer of its own, which we make.

- **At least once.** Whoever hears an `id` a second time ignores it.
- **In order for each deal**, as long as you work on one event at a time: `aggregateversion` never falls. Two events of
  one change have the same. After redeliveries an older one may come late: keep the state with the highest version.
- **At most {CONSUMER["max_ack_pending"]} events are out at a time**; what is not acknowledged within
  {CONSUMER["ack_wait_s"]} s comes again, {CONSUMER["max_deliver"]} times in all.
- **It only grows**: events, properties and values of enums are added, none goes and none changes its meaning. Ignore
  what you do not know.
- **No personal data**: ids, codes, numbers, money and times.
"""


class _Public(Messages):
    """Messages as they go out, with the rules that they keep."""

    def field(self, field: DescField, way: str) -> Schema:
        return super().field(field, way) | keywords(rules_of(field))


def document() -> Schema:
    """The whole document."""
    messages = _Public()
    events = {_wire_name(event): event for event in feed_pb.FeedEvent.desc().nested_messages}
    whole: Schema = {
        "asyncapi": "3.0.0",
        "info": {"title": "Dealtrail: deals for partners", "version": "1", "description": ABOUT},
        "defaultContentType": "application/cloudevents+json",
        "channels": {name: _channel(name) for name in events},
        "operations": {
            f"hear{event.name}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": split(comments()[event.type_name])[0],
            }
            for name, event in events.items()
        },
        "components": {
            "messages": {name: _message(name, event) for name, event in events.items()},
            "schemas": {_schema_name(event): _event(name, event, messages) for name, event in events.items()},
        },
    }
    whole["components"]["schemas"] |= messages.components()
    resolved: Schema = messages.resolve(whole)
    return resolved


@router.get("/asyncapi.json")
async def asyncapi() -> Response:
    """The events that partners hear, as AsyncAPI 3."""
    return Response(orjson.dumps(document()), media_type="application/json", headers={"cache-control": "no-cache"})


def _wire_name(event: DescMessage) -> str:
    return event.name[0].lower() + event.name[1:]


def _schema_name(event: DescMessage) -> str:
    return f"Deal{event.name}"


def _channel(name: str) -> Schema:
    return {
        "address": f"{FEED}.{{tenantId}}.{name}",
        "parameters": {"tenantId": {"description": "The tenant whose deals they are."}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _message(name: str, event: DescMessage) -> Schema:
    return {
        "name": f"{FEED}.{name}",
        "title": event.name,
        "summary": split(comments()[event.type_name])[0],
        "contentType": "application/cloudevents+json",
        "headers": {
            "type": "object",
            "properties": {"ce-id": {**UUID, "description": "As `id`."}, "ce-type": {"const": f"{FEED}.{name}"}},
        },
        "payload": {"$ref": f"#/components/schemas/{_schema_name(event)}"},
    }


def _event(name: str, event: DescMessage, messages: Messages) -> Schema:
    """The event as it travels: CloudEvents' attributes around the message."""
    properties: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": {**UUID, "description": "The event's id, the same however often it is told."},
        "source": {"const": "/" + FEED.partition(".")[0]},
        "type": {"const": f"{FEED}.{name}"},
        "subject": {**UUID, "description": "The id of the deal."},
        "time": {**TIME, "description": "When it happened."},
        "datacontenttype": {"const": "application/json"},
        "tenantid": {**UUID, "description": "The tenant whose deal it is."},
        "aggregateversion": {"type": "integer", "minimum": 1, "description": "The version of the deal after it."},
        "recordedtime": {**TIME, "description": "When it was told to us: later than `time` for imported history."},
        "data": messages.use(event, OUT),
    }
    about = comments()[event.type_name]
    return {"type": "object", "description": about, "required": [*properties], "properties": properties}


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(document(), option=orjson.OPT_INDENT_2) + b"\n")
