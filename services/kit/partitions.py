"""Partitions of a stream: how several processes of one service read it side by side, and each tenant's events in order.

The last token of an event's subject is the tenant's slot. A partition is some of the slots and has a durable
consumer of its own, so one tenant's events are all read by one reader, in the order of the stream. How many
there are is a setting; each number has durables of its own, so nothing is lost when it changes.
"""

from dataclasses import dataclass
from uuid import UUID

SLOTS = 8
"""Into so many parts tenants fall, for ever: subjects that are stored name them."""
NUMBERS = (1, 2, 4)
"""How many partitions a stream may have: so that each has as many slots as the others. The broker's users know them."""


def slot(tenant_id: UUID) -> int:
    """The part that a tenant falls into: the lowest bits of its id, which are random in every kind of id of ours."""
    return tenant_id.int % SLOTS


@dataclass(frozen=True, order=True)
class Partition:
    """One of `number` partitions of a stream, counted from 0."""

    stream: str
    number: int = 1
    index: int = 0

    def durable(self, service: str) -> str:
        """The name of the durable consumer by which the service reads it."""
        return service if self.number == 1 else f"{service}_{self.number}_{self.index}"

    def subjects(self, events: list[str]) -> list[str]:
        """What to filter the stream for, given full names of events such as "dealtrail.leads.v1.LeadCaptured"."""
        if self.number == 1:
            return [f"{event}.>" for event in events]
        slots = [f".{one}" for one in range(self.index, SLOTS, self.number)]
        # Events from before there were slots have none: they are the first partition's.
        slots += [""] if self.index == 0 else []
        return [f"{event}.*.*{one}" for event in events for one in slots]


def partitions(stream: str, number: int) -> list[Partition]:
    """All partitions of a stream that has so many."""
    return [Partition(stream, number, index) for index in range(number)]


def durables(service: str, number: int) -> list[str]:
    """The durable consumers of a service on a stream that it reads in so many partitions."""
    return [one.durable(service) for one in partitions("", number)]


def known(service: str) -> list[str]:
    """The durable consumers that a service may have on a stream, whatever its number of partitions is and was."""
    return [name for number in NUMBERS for name in durables(service, number)]
