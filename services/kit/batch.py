"""Many items in one command, each standing for itself: a refused item leaves the others recorded."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, TypeVar
from uuid import UUID

from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.database import Tx
from services.kit.errors import Problem
from services.kit.status import check, json_path
from services.kit.store import Store

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
        An id that stands twice counts once: the second item is one that existed.
        """
        batch, known = cls(), set[UUID]()
        for request in requests:
            try:
                check(request)
                item = await build(request)
            except Problem as problem:
                batch.results.append(refusal(problem))
                continue
            identity: UUID = item.id  # type: ignore[attr-defined] # every item has one
            outcome = ItemResult.EXISTED if identity in known else ItemResult.CREATED
            batch.results.append(ItemResult(id=str(identity), outcome=outcome))
            if outcome == ItemResult.CREATED:
                known.add(identity)
                batch.accepted.append(item)
        return batch

    async def settle(self, tx: Tx, store: Store[Any], created: set[UUID], taken: Problem) -> None:
        """Say which ids were really new. Others existed, or are `taken` by what the caller does not see."""
        self.record(created)
        known = {UUID(result.id) for result in self.results if result.outcome == ItemResult.EXISTED}
        hidden = known - created - await store.visible(tx, known - created) if known else set()
        for result in self.results:
            if result.id and UUID(result.id) in hidden:
                result.CopyFrom(refusal(taken))

    def remark(self, identity: UUID, problem: Problem) -> None:
        """Say of an item that was recorded now what the caller should know of it."""
        for result in self.results:
            if result.id == str(identity) and result.outcome == ItemResult.CREATED:
                result.reason, result.message, result.message_zh = (
                    problem.reason,
                    problem.message(),
                    problem.message("zh"),
                )

    def record(self, created: set[UUID]) -> None:
        """Say which ids were really new; the others existed."""
        fresh = {str(one) for one in created}
        for result in self.results:
            if result.outcome == ItemResult.CREATED and result.id not in fresh:
                result.outcome = ItemResult.EXISTED


def refusal(problem: Problem) -> ItemResult:
    """What the caller reads of a refused item."""
    result = ItemResult(
        outcome=ItemResult.REFUSED,
        reason=problem.reason,
        message=problem.message(),
        message_zh=problem.message("zh"),
    )
    for (field, en), (_, zh) in zip(problem.violations(), problem.violations("zh"), strict=True):
        result.violations.add(field=json_path(field), message=en, message_zh=zh)
    return result
