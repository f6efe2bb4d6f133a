"""A tenant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass
class Tenant:
    """A company that works here, apart from all others."""

    tenant_id: UUID
    name: str
    """What people type when they sign in."""
    display_name: str
    create_time: datetime
    directory_version: int = 1
    """Counts the changes of its users and teams."""
