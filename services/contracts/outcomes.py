"""What became of many items that were written together."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.kit.batch import Batch, refusal
from services.kit.database import Tx
from services.kit.errors import Problem
from services.kit.store import Store


@dataclass
class Outcomes:
    """The ids that are new, and why others were refused. An id in neither was known before."""

    created: set[UUID] = field(default_factory=set)
    refused: dict[UUID, Problem] = field(default_factory=dict)

    async def settle(self, tx: Tx, batch: Batch[Any], store: Store[Any], taken: Problem) -> None:
        """Say it in the results of the batch; an id whose row the caller does not see is `taken`."""
        await batch.settle(tx, store, self.created | self.refused.keys(), taken)
        self._refuse(batch)

    def tell(self, batch: Batch[Any]) -> None:
        """Say it in the results of a batch of what everybody sees."""
        batch.record(self.created)
        self._refuse(batch)

    def _refuse(self, batch: Batch[Any]) -> None:
        batch.results = [
            refusal(self.refused[UUID(result.id)]) if result.id and UUID(result.id) in self.refused else result
            for result in batch.results
        ]
