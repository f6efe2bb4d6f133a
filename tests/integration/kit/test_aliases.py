"""Rows follow what was merged, on real PostgreSQL: however merges, their undoing and rows become known."""

import asyncio
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, insert, select

from services.kit import aliases
from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.visibility import SYSTEM
from services.leads.issues.store import table

NAMES = range(4)
GIVEN = ("tenant_id", "id", "account_id", "title", "core", "owner_id", "state", "settlement")
TIMES = ("create_time", "update_time")
ADD = Query(
    insert(table).values(
        {name: bindparam(name, type_=table.c[name].type) for name in GIVEN}
        | {name: bindparam("now", type_=table.c[name].type) for name in TIMES}
        | {"version": 1}
    )
)
FOREMOST = aliases.foremost(table, "account_id", among="core").label("foremost")
STAND = Query(select(table.c.title, table.c.account_id, FOREMOST).where(table.c.tenant_id == bindparam("tenant_id")))
FOLLOW = aliases.follow(table, "account_id")


@pytest.fixture
async def database(fresh_database):
    found = await Database.connect((await fresh_database("leads")).app)
    yield found
    await found.close()


@st.composite
def stories(draw):
    """What people do: record rows under accounts that stand, merge those, and undo merges from their end."""
    into, version, told, rows = {}, dict.fromkeys(NAMES, 1), [], 0
    for _ in range(draw(st.integers(1, 12))):
        standing = [name for name in NAMES if name not in into]
        ends = [name for name, other in into.items() if other not in into]
        deed = draw(st.sampled_from(["row", "merge", "undo"]))
        if deed == "row":
            rows += 1
            told.append(("row", draw(st.sampled_from(NAMES)), str(rows), draw(st.integers(0, 1))))
        elif deed == "merge" and len(standing) > 1:
            one, other = draw(st.permutations(standing))[:2]
            into[one] = other
            version[one] += 1
            told.append(("alias", one, other, version[one]))
        elif deed == "undo" and ends:
            one = draw(st.sampled_from(sorted(ends)))
            del into[one]
            version[one] += 1
            told.append(("alias", one, None, version[one]))
    return told, into


async def stands(database, told):
    """Under which account each row stands, and whether foremost, once all was told, each by itself."""
    tenant, ids = new_id(), [new_id() for _ in NAMES]
    for deed, name, what, version in told:
        async with database.transaction(Principal(tenant, UUID(int=0), SYSTEM, None)) as tx:
            if deed == "row":
                plain = {"core": bool(version), "owner_id": ids[0], "state": "OPEN", "settlement": ""}
                await tx.execute(ADD, id=new_id(), account_id=ids[name], title=what, **plain)
            elif await aliases.note(tx, ids[name], None if what is None else ids[what], version):
                await tx.execute(FOLLOW, id=ids[name])
    async with database.transaction(Principal(tenant, UUID(int=0), SYSTEM, None)) as tx:
        rows = await tx.fetch(STAND)
        return {row["title"]: (ids.index(row["account_id"]), row["foremost"]) for row in rows}


def end(name, into):
    while name in into:
        name = into[name]
    return name


def expected(told, into):
    """The same, reckoned from the end: own rows are foremost, else the one that was told last."""
    rows = [(what, name, end(name, into), core) for deed, name, what, core in told if deed == "row"]
    found = {}
    for number, (what, name, stands_at, core) in enumerate(rows):
        rivals = [one for one in rows[number + 1 :] if one[3] and one[2] == stands_at]
        rivals += [one for one in rows if one[3] and one[1] == one[2] == stands_at]
        found[what] = (stands_at, bool(core) and (name == stands_at or not rivals))
    return found


@settings(max_examples=40)
@given(st.data())
async def test_a_row_stands_where_its_account_was_merged_into_whatever_was_told_first(database, data):
    told, into = data.draw(stories())
    assert await stands(database, told) == expected(told, into)
    shuffled = data.draw(st.permutations(told))
    assert await stands(database, shuffled) == expected(shuffled, into)


async def test_a_row_that_comes_while_its_account_is_merged_is_not_overlooked(database):
    tenant, one, other = new_id(), new_id(), new_id()
    who = Principal(tenant, UUID(int=0), SYSTEM, None)
    plain = {"core": False, "owner_id": one, "state": "OPEN", "settlement": "", "title": "late"}
    async with database.transaction(who) as merging:
        await aliases.note(merging, one, other, 2)
        await merging.execute(FOLLOW, id=one)
        async with database.transaction(who) as late:
            waiting = late.execute(ADD, id=new_id(), account_id=one, **plain)
            task = asyncio.ensure_future(waiting)
            done, _ = await asyncio.wait([task], timeout=0.3)
            assert not done
            await merging.finish()
            await task
    async with database.transaction(who) as tx:
        assert [row["account_id"] for row in await tx.fetch(STAND)] == [other]
