"""Every list of a service can be told again: PostgreSQL takes the statements that this needs, in each shape."""

import gc
import importlib
import sys

import asyncpg
import pytest
from sqlalchemy import MetaData, Table

from services.kit.pages import FIRST, NAMED, STAMPED, STAMPS, Listing
from services.kit.visibility import OWN, TEAM

PROCESSES = ("services.leads", "services.opportunities", "services.contracts", "services.timeline", "gateway")


def keeps(module):
    return isinstance(getattr(module, "metadata", None), MetaData)


@pytest.mark.parametrize("process", PROCESSES)
async def test_postgres_takes_what_a_list_asks_for_when_it_is_told_again(fresh_database, process):
    importlib.import_module(f"{process}.__main__")
    tables = {id(one.metadata) for name, one in sys.modules.items() if name.startswith(process) and keeps(one)}
    access = await fresh_database(process.removeprefix("services."))
    connection = await asyncpg.connect(access.app)
    listings = [one for one in gc.get_objects() if isinstance(one, Listing) and isinstance(one._table, Table)]
    mine = [one for one in listings if id(one._table.metadata) in tables]
    assert mine
    for listing in mine:
        for how_far in (OWN, TEAM):
            for shape in (STAMPED, STAMPS, NAMED):
                await connection.prepare(listing._variants(how_far, (), listing._orders[0], FIRST, shape).text)
    await connection.close()
