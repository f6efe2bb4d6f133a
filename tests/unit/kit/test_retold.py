"""What was told is remembered for a while, and not without end."""

import asyncio
from uuid import uuid4

from services.kit import retold
from services.kit.retold import KEY, ROW, VERSION, Retold

LIST, TENANT = object(), uuid4()


def row(identity, stamp=7, version=1, key=3):
    return {"id": identity, ROW: stamp, VERSION: version, KEY: key}


async def test_a_row_is_told_again_only_while_nothing_of_it_changed():
    known, identity = Retold(), uuid4()
    kept = known.keep(LIST, TENANT, row(identity), b"{}")
    assert known.told(LIST, TENANT, row(identity)) is kept
    for other in (row(identity, stamp=8), row(identity, version=2), row(identity, key=None), row(uuid4())):
        assert known.told(LIST, TENANT, other) is None
    assert known.told(LIST, uuid4(), row(identity)) is None
    assert known.told(object(), TENANT, row(identity)) is None


async def test_what_was_told_is_forgotten_also_where_nobody_asks_again(monkeypatch):
    monkeypatch.setattr(retold, "REMEMBER_S", 0.01)
    known, identity = Retold(), uuid4()
    known.keep(LIST, TENANT, row(identity), b"{}")
    assert (known.again(b"mark"), known.again(b"mark")) == (False, True)
    await asyncio.sleep(0.1)
    assert known.told(LIST, TENANT, row(identity)) is None
    assert not known.again(b"mark")
    known.keep(LIST, TENANT, row(identity), b"{}")
    await asyncio.sleep(0.1)
    assert known.told(LIST, TENANT, row(identity)) is None


async def test_no_more_is_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(retold, "MOST_ROWS", 3)
    monkeypatch.setattr(retold, "MOST_LISTS", 3)
    known, rows = Retold(), [row(uuid4()) for _ in range(10)]
    for number, one in enumerate(rows):
        known.keep(LIST, TENANT, one, b"{}")
        known.again(b"%d" % number)
    assert [known.told(LIST, TENANT, one) is not None for one in rows] == [False] * 7 + [True] * 3
    assert len(known._lists) <= 3
