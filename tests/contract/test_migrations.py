"""Each service's migrations lead to what its code declares, and back."""

import importlib
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.concurrency import run_in_threadpool

from services.kit import facts, migrations
from services.kit.aliases import alias_metadata
from services.kit.sealing import Sealing
from services.kit.tables import kit_metadata, rekeying_metadata, vault_metadata


def declared(service):
    """Every table that the service's stores declare, and kit's own."""
    folder = migrations.FOLDERS[service]
    whole, sources = MetaData(), [kit_metadata]
    sources += [alias_metadata] if service != "gateway" else []
    for path in sorted(folder.rglob("*store.py")):
        store = importlib.import_module(".".join(path.relative_to(migrations.ROOT).with_suffix("").parts))
        sources += {value.metadata for value in vars(store).values() if isinstance(value, Table)}
        if any(isinstance(value, Sealing) for value in vars(store).values()):
            sources += [vault_metadata, rekeying_metadata]
    sources += [one.forget[0].metadata for one in facts.declared(service).copied if one.forget]
    for source in sources:
        for table in source.sorted_tables:
            if table.name not in whole.tables and "tenant_id" in table.c:
                table.to_metadata(whole)
    return whole


SERVICES = [name for name, folder in migrations.FOLDERS.items() if (Path(folder) / "migrations" / "versions").exists()]


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_lead_to_what_the_code_declares(postgres, service):
    async with postgres.fresh(service) as way:
        engine = create_async_engine(way.owner.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.connect() as connection:
            differences = await connection.run_sync(
                lambda sync: compare_metadata(MigrationContext.configure(sync), declared(service))
            )
        await engine.dispose()
    # Indexes and constraints stand in migrations only: what they are for is said there.
    apart = [d for d in differences if not str(d[0]).endswith(("_index", "_constraint", "_fk"))]
    assert apart == []


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_lead_back_to_nothing_and_up_again(postgres, service):
    async with postgres.fresh(service) as way:
        await run_in_threadpool(migrations.downgrade, service, way.owner, "base")
        connection = await asyncpg.connect(way.owner)
        left = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        assert [row[0] for row in await connection.fetch(left)] == ["alembic_version"]
        await run_in_threadpool(migrations.upgrade, service, way.owner)
        assert len(await connection.fetch(left)) > 5
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_no_table_of_a_tenant_is_without_row_level_security(postgres, service):
    async with postgres.fresh(service) as way:
        connection = await asyncpg.connect(way.owner)
        open_tables = await connection.fetch(
            """SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND NOT (relrowsecurity AND relforcerowsecurity)
            AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id')"""
        )
        await connection.close()
    assert [row[0] for row in open_tables] == []
