"""Facts that services tell each other: what an event says of itself, and which handlers a service has."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# The same to whoever uses it, and read from text in a ninth of the time: an envelope has six.
from asyncpg.pgproto.pgproto import UUID

from services.kit.database import Tx

Handler = Callable[[Tx, Any, "Envelope"], Awaitable[None]]
HandlerOfMany = Callable[[Tx, list[tuple[Any, "Envelope"]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands in an event's headers: the CloudEvents attributes and who may see its aggregate."""

    id: UUID
    tenant_id: UUID
    type: str
    """Full name of the event's message, such as "dealtrail.leads.v1.LeadQualified"."""
    actor_id: UUID
    occurred_at: datetime
    """When it happened."""
    recorded_at: datetime
    """When it was told to us: later than `occurred_at` where history was imported."""
    aggregate_id: UUID
    version: int
    owner_id: UUID | None
    team_id: UUID | None
    collaborators: tuple[UUID, ...]
    exclusive: bool = False
    """Whether the aggregate is its owner's alone."""

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> "Envelope":
        """Read them. KeyError or ValueError if they are not those of an event of ours."""
        shared = headers.get("ce-collaborators", "")
        return cls(
            id=UUID(headers["ce-id"]),
            tenant_id=UUID(headers["ce-tenant"]),
            type=headers["ce-type"],
            actor_id=UUID(headers["ce-actor"]),
            occurred_at=_instant(headers["ce-time"]),
            recorded_at=_instant(headers["ce-recordedtime"]),
            aggregate_id=UUID(headers["ce-subject"]),
            version=_version(headers["ce-version"]),
            owner_id=UUID(owner) if (owner := headers.get("ce-owner")) else None,
            team_id=UUID(team) if (team := headers.get("ce-team")) else None,
            collaborators=tuple(UUID(user) for user in shared.split(",") if user),
            exclusive=headers.get("ce-exclusive") == "true",
        )


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone")
    return instant


def _version(text: str) -> int:
    version = int(text)
    if not 0 <= version < 1 << 63:
        raise ValueError("no version")
    return version


class Subscriptions:
    """The events that one service listens to, and what it does on each. `name` is its durable consumer's name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.handlers: dict[str, tuple[Any, Any, bool]] = {}
        """By the event's full name: its class, the handler, and whether that takes many events at once."""
        self._joined: dict[Any, HandlerOfMany] = {}

    def on(self, *events: Any) -> Callable[[Handler], Handler]:
        """Run the handler for these events (protobuf message classes), each once in effect, in a transaction."""

        def register(handler: Handler) -> Handler:
            self._register(events, handler, many=False)
            return handler

        return register

    def on_many(self, *events: Any) -> Callable[[HandlerOfMany], HandlerOfMany]:
        """As `on`, with all that arrived together in one call: for projections, which can write it in one statement."""

        def register(handler: HandlerOfMany) -> HandlerOfMany:
            self._register(events, handler, many=True)
            return handler

        return register

    def include(self, other: "Subscriptions") -> None:
        """Take over the handlers of a feature. An event that several features listen to is applied by each in turn."""
        for name, entry in other.handlers.items():
            if name in self.handlers:
                event, *first = self.handlers[name]
                self.handlers[name] = (event, self._in_turn(tuple(first), entry[1:]), True)
            else:
                self.handlers[name] = entry

    def _in_turn(self, *handlers: tuple[Any, ...]) -> HandlerOfMany:
        """One handler that runs these one after the other; the same for the same ones, for runs are told by handler."""
        if handlers not in self._joined:

            async def run(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
                for handler, many in handlers:
                    if many:
                        await handler(tx, arrived)
                    else:
                        for event, envelope in arrived:
                            await handler(tx, event, envelope)

            self._joined[handlers] = run
        return self._joined[handlers]

    def _register(self, events: Iterable[Any], handler: Any, many: bool) -> None:
        for event in events:
            name = event.DESCRIPTOR.full_name
            assert name not in self.handlers, f"two handlers for {name}"
            self.handlers[name] = (event, handler, many)

    def streams(self) -> dict[str, list[str]]:
        """The events' full names by stream: the stream is named for the service that owns the event."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.handlers):
            found.setdefault(name.split(".")[1], []).append(name)
        return found
