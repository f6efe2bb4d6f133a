"""An office for these tests."""

import asyncpg
import pytest

from tests.integration.gateway.office import house, office_of, other_office
from tests.people import until

__all__ = ["house", "other_office"]


@pytest.fixture
async def office(house):
    """The office of a new tenant, its boss signed in; that they came has been told, and is heard no more."""
    async with office_of(house) as found:
        outbox = await asyncpg.connect(house.relay_url)

        async def told():
            return not await outbox.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")

        await until(told)
        await outbox.close()
        yield found
