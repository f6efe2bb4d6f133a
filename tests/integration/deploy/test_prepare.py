from dataclasses import replace

import asyncpg
import pytest

from deploy.local.prepare import current


@pytest.fixture
async def ways(postgres):
    async with postgres.fresh("leads") as ways:
        yield ways


async def test_a_database_at_the_newest_revision_whose_roles_can_enter_needs_no_preparation(ways):
    assert await current({"leads": ways})


@pytest.mark.parametrize("statement", ["UPDATE alembic_version SET version_num = '0000'", "DROP TABLE alembic_version"])
async def test_a_database_at_another_revision_is_to_be_migrated(ways, statement):
    owner = await asyncpg.connect(ways.owner)
    await owner.execute(statement)
    await owner.close()
    assert not await current({"leads": ways})


@pytest.mark.parametrize("role", ["owner", "relay", "app"])
async def test_a_role_with_another_password_is_to_be_made_anew(ways, role):
    user, _, place = getattr(ways, role).rpartition("@")
    assert not await current({"leads": replace(ways, **{role: f"{user}x@{place}"})})


async def test_a_database_that_is_not_there_is_to_be_made(ways):
    assert not await current({"leads": replace(ways, app=ways.app + "_missing")})
