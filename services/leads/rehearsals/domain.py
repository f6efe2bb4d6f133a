"""One time that somebody rehearsed a script."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Rehearsal:
    """Who went through which version of a script, with whom, and what is to be done better."""

    id: UUID
    owner_id: UUID
    team_id: UUID | None
    script_code: str
    script_version: int
    create_time: datetime
    partner_id: UUID | None = None
    minutes: int = 0
    note: str = ""
    collaborators: list[UUID] = field(default_factory=list)
