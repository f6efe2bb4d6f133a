"""What became of many items that were written together."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.kit.batch import Batch, refusal
from services.kit.errors import Problem


@dataclass
class Outcomes:
    """The ids that are new, and why others were refused. An id in neither was known before."""

    created: set[UUID] = field(default_factory=set)
    refused: dict[UUID, Problem] = field(default_factory=dict)

    def tell(self, batch: Batch[Any]) -> None:
        """Say it in the results of the batch."""
        batch.record(self.created)
        batch.results = [
            refusal(self.refused[UUID(result.id)]) if result.id and UUID(result.id) in self.refused else result
            for result in batch.results
        ]
