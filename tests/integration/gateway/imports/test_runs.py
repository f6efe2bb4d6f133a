"""An import that is cut short, goes on elsewhere, and is let go of in the end."""

import asyncio

import asyncpg

from gateway.imports import runner
from tests.integration.gateway.imports.files import COLUMNS, THREE

TABLES = {"import_files": "operation_id", "import_refusals": "operation_id", "operations": "id", "import_queue": "id"}


def many(count):
    return ("公司,电话,渠道\n" + "".join(f"公司{n},138{n:08d},展会\n" for n in range(count))).encode()


async def test_a_cancelled_import_stops_and_keeps_what_it_has_recorded(office, monkeypatch):
    monkeypatch.setattr(runner, "ROWS", 20)
    started = (await office.start(many(4000), COLUMNS)).json()
    path = f"/v1/operations/{started['id']}"
    while (await office.client.get(path)).json()["rows"]["done"] < 40:
        await asyncio.sleep(0.01)
    cancelled = (await office.client.post(f"{path}:cancel", json={})).json()
    assert cancelled["state"] == "CANCELLED"
    await asyncio.sleep(0.3)
    after = (await office.client.get(path)).json()
    assert (after["state"], after["rows"]) == ("CANCELLED", cancelled["rows"])
    assert 0 < after["rows"]["done"] < 4000
    assert (await office.client.post(f"{path}:cancel", json={})).status_code == 200
    whole = await office.load(THREE.encode(), COLUMNS)
    refused = await office.client.post(f"/v1/operations/{whole['id']}:cancel", json={})
    assert (refused.status_code, refused.json()["reason"]) == (409, "OPERATION_ENDED")


async def test_an_import_goes_on_where_another_process_left_it_and_counts_no_row_twice(office, monkeypatch):
    monkeypatch.setattr(runner, "ROWS", 50)
    started = (await office.start(many(2000), COLUMNS)).json()
    path = f"/v1/operations/{started['id']}"
    while (await office.client.get(path)).json()["rows"]["done"] < 100:
        await asyncio.sleep(0.01)
    await office.house.imports.stop()
    left = (await office.client.get(path)).json()
    assert left["state"] == "RUNNING"
    assert left["rows"]["done"] < 2000
    successor = office.house.more_imports()
    successor.start()
    try:
        ended = await office.ended(started["id"])
    finally:
        await successor.stop()
        office.house.imports.start()
    assert ended["state"] == "SUCCEEDED"
    assert ended["rows"] == {"total": 2000, "done": 2000, "created": 2000, "existed": 0, "refused": 0, "noted": 0}


async def test_an_import_ends_when_its_owner_has_left(office, monkeypatch):
    monkeypatch.setattr(runner, "ROWS", 20)
    monkeypatch.setattr("gateway.imports.sending.TOKEN_SECONDS", 0.0)
    user = await office.user("leaver")
    headers = await office.sign_in("leaver")
    started = (await office.start(many(4000), COLUMNS, headers=headers)).json()
    while (await office.client.get(f"/v1/operations/{started['id']}")).json()["rows"]["done"] < 40:
        await asyncio.sleep(0.01)
    left = await office.client.post(f"/v1/users/{user['id']}:deactivate", json={})
    assert left.status_code == 200, left.text
    ended = await office.ended(started["id"])
    assert (ended["state"], ended["reason"]) == ("FAILED", "OWNER_LEFT")


async def test_file_and_refused_rows_are_deleted_when_they_have_been_kept_long_enough(office):
    operation = await office.load(b"company,phone\na,!\n", {"columns": {"company": "company", "phone": "phone"}})
    identity = operation["id"]
    owner = await asyncpg.connect(office.house.owner_url)
    for table in TABLES:
        await owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    past = "now() - interval '8 days'"
    await owner.execute(f"UPDATE import_queue SET expire_time = {past} WHERE id = $1", identity)
    await owner.execute(f"UPDATE operations SET create_time = {past} WHERE id = $1", identity)
    cleaner = office.house.more_imports()
    cleaner.start()
    for table, column in TABLES.items():
        while await owner.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = $1", identity) and column != "id":
            await asyncio.sleep(0.02)
    await cleaner.stop()
    await owner.close()
    told = (await office.client.get(f"/v1/operations/{operation['id']}")).json()
    assert (told["rows"]["refused"], told["errorsUrl"]) == (1, "")
    answer = await office.client.get(operation["errorsUrl"])
    assert (answer.status_code, answer.json()["reason"]) == (404, "ERRORS_DELETED")
