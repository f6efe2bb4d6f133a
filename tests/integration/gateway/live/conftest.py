"""An office for these tests."""

import asyncpg
import pytest

from tests.integration.gateway.office import house, office_of, other_office
from tests.people import until

__all__ = ["house", "other_office"]


@pytest.fixture
async def office(house):
    """The office of a new tenant, its boss signed in; that they came has been told, and is heard no more.

    `await until(office.told)`: so has all that was done since.
    """
    async with office_of(house) as found:
        outbox = await asyncpg.connect(house.relay_url)

        async def told():
            return not await outbox.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")

        found.told = told
        await until(told)
        yield found
        await outbox.close()
