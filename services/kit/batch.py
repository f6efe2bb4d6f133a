"""Many items in one command, each standing for itself: a refused item leaves the others recorded."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, TypeVar
from uuid import UUID

from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.errors import Problem
from services.kit.status import check

T = TypeVar("T")


class Batch(Generic[T]):
    """The items accepted so far, and the result of each in the order of the request."""

    def __init__(self) -> None:
        self.accepted: list[T] = []
        self.results: list[ItemResult] = []

    @classmethod
    async def read(cls, requests: Iterable[Any], build: Callable[[Any], Awaitable[T]]) -> "Batch[T]":
        """Check each item by the rules of its message, then build it; a refusal becomes the item's result.

        `build` makes an object with an `id`. Accepted items stand as CREATED until `record` says otherwise.
        """
        batch = cls()
        for request in requests:
            try:
                check(request)
                item = await build(request)
            except Problem as problem:
                batch.results.append(refusal(problem))
            else:
                batch.accepted.append(item)
                batch.results.append(ItemResult(id=str(item.id), outcome=ItemResult.CREATED))  # type: ignore[attr-defined]
        return batch

    def record(self, created: set[UUID]) -> None:
        """Say which ids were really new; the others existed."""
        fresh = {str(one) for one in created}
        for result in self.results:
            if result.outcome == ItemResult.CREATED and result.id not in fresh:
                result.outcome = ItemResult.EXISTED


def refusal(problem: Problem) -> ItemResult:
    """What the caller reads of a refused item."""
    result = ItemResult(outcome=ItemResult.REFUSED, reason=problem.reason, message=problem.message())
    for field, message in problem.violations():
        result.violations.add(field=field, message=message)
    return result
