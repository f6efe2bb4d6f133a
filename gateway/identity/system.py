"""As whom identity itself opens transactions: before anybody is known, and for what belongs to no tenant."""

from uuid import UUID

from services.kit.principal import Principal
from services.kit.visibility import SYSTEM

NOBODY = UUID(int=0)


def system(tenant_id: UUID) -> Principal:
    """Identity itself, within a tenant."""
    return Principal(tenant_id, NOBODY, SYSTEM, None)


PLATFORM = system(NOBODY)
"""The tenant that does not exist: rows of the whole installation stand under it."""
