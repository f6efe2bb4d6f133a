"""A change as listeners hear of it: what happened to what, without any data; from the headers of its event alone."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import orjson
from nats.aio.msg import Msg
from protobuf import DescFieldValueMessage

from gateway import contract
from services.kit.events import Envelope
from services.kit.principal import Principal
from services.kit.visibility import sees

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One event, as far as the feed needs it."""

    id: str
    tenant_id: UUID
    type: str
    """The short name, such as "LeadQualified"."""
    owner: str
    team: str
    collaborators: str
    exclusive: bool
    frame: bytes
    """As it is sent to listeners."""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Change":
        """Read it. KeyError or ValueError if the headers are not those of an event of ours."""
        envelope = Envelope.from_headers(headers)
        short = envelope.type.rpartition(".")[2]
        told = {
            "id": str(envelope.id),
            "type": short,
            "time": envelope.occurred_at.isoformat().replace("+00:00", "Z"),
            "subject": {"kind": _subjects().get(envelope.type, ""), "id": str(envelope.aggregate_id)},
            "version": envelope.version,
            "actor": str(envelope.actor_id),
        }
        return cls(
            id=str(envelope.id),
            tenant_id=envelope.tenant_id,
            type=short,
            owner=headers.get("ce-owner", ""),
            team=headers.get("ce-team", ""),
            collaborators=headers.get("ce-collaborators", ""),
            exclusive=envelope.exclusive,
            frame=b"id: %b\ndata: %b\n\n" % (str(envelope.id).encode(), orjson.dumps(told)),
        )

    def seen_by(self, who: Principal) -> bool:
        """Whether what changed exists for them. What has no owner is told to the boss alone."""
        return self.tenant_id == who.tenant_id and sees(who, self.owner, self.team, self.collaborators, self.exclusive)


def readable(message: Msg) -> Change | None:
    """The change that an event tells of; None if it is no event of ours."""
    try:
        return Change.of(message.headers or {})
    except (KeyError, ValueError):
        log.warning("not an event", extra={"subject": message.subject})
        return None


@cache
def _subjects() -> dict[str, str]:
    """What each event is about, by its full name: an event carries the thing under its own name, first."""
    found = {}
    for file in contract.files():
        for message in file.messages:
            first = next((field for field in message.fields if isinstance(field.value, DescFieldValueMessage)), None)
            if first is not None:
                found[message.type_name] = first.json_name
    return found
