"""Trees of which each node names the one that it stands under: what stands below a node, and what above it."""

from collections.abc import Iterator, Mapping
from uuid import UUID

Parents = Mapping[UUID, UUID | None]
"""What each node stands under; None at the top. A copy that is not whole may close a circle: walks end there."""


def subtree(parents: Parents, top: UUID) -> tuple[UUID, ...]:
    """The node and all below it, the node first."""
    below: dict[UUID, list[UUID]] = {}
    for node, parent in parents.items():
        if parent is not None:
            below.setdefault(parent, []).append(node)
    found, waiting = {top}, [top]
    for node in waiting:
        fresh = [one for one in below.get(node, ()) if one not in found]
        found.update(fresh)
        waiting += fresh
    return tuple(waiting)


def upwards(parents: Parents, node: UUID | None) -> Iterator[UUID]:
    """The node, and those above it."""
    passed: set[UUID] = set()
    while node is not None and node not in passed:
        passed.add(node)
        yield node
        node = parents.get(node)
