"""kill -9 in the middle of an import, to its service and to its gateway: no row is lost or recorded twice."""

import json
import signal

import httpx

from tests.people import until

ROWS = 12_000


async def test_an_import_goes_on_after_its_service_and_its_gateway_were_killed(town, stack):
    company = await town.company("outlives")
    content = "company\n" + "".join(f"company {number}\n" for number in range(ROWS))
    form = {"kind": "leads", "mapping": json.dumps({"columns": {"company": "company"}})}
    started = (await company.boss.send("/v1/imports", form, {"file": ("leads.csv", content)})).json()
    path = f"/v1/operations/{started['id']}"

    async def further(rows):
        async def begun():
            return (await company.boss.get(path))["rows"]["done"] >= rows

        await until(begun, 180)

    await further(1000)
    stack.signal("leads", signal.SIGKILL)
    await further(3000)
    stack.signal("gateway", signal.SIGKILL)

    async def ended():
        try:
            operation = await company.boss.get(path)
        except (httpx.TransportError, AssertionError):  # it starts again
            return None
        return operation if operation["state"] not in ("PENDING", "RUNNING") else None

    operation = await until(ended, 240)
    assert operation["state"] == "SUCCEEDED"
    assert operation["rows"] == {"total": ROWS, "done": ROWS, "created": ROWS, "existed": 0, "refused": 0, "noted": 0}

    async def counted():
        return (await company.boss.get("/v1/analytics/channels"))["total"]["leads"] == ROWS

    await until(counted, 120)
