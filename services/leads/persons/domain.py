"""A person, and the words by which free text speaks of one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass
class Person:
    """Somebody whom leads and contacts speak of."""

    id: UUID
    lead_id: UUID | None = None
    contact_ids: list[UUID] = field(default_factory=list)
    erase_time: datetime | None = None


def words_of(names: Iterable[str], phones: Iterable[str], addresses: Iterable[str]) -> list[str]:
    """Every spelling that is looked for, the longest first, so that a part is not replaced before the whole.

    `addresses` are of mail and WeChat, whose letters may be written in either case.
    """
    either = [*addresses]
    found = {one.strip() for one in (*names, *phones, *either)} | {one.strip().lower() for one in either}
    return sorted((one for one in found if len(one) > 1), key=lambda one: (-len(one), one))
