"""`python -m tests.bench.forms`: 1,000 submissions a second offered to one public form, by people of many networks.

Every one must be answered, with 200 or with 429 and when to come again, and every 200 must be a lead. The client shares
the machine with the stack.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from tests.people import Person, Town
from tests.stack import Stack

CONNECTIONS = 200


async def _form(town: Town) -> tuple[str, tuple[Person, str]]:
    company = await town.company("flood")
    span = {"startDate": "2026-01-01", "endDate": "2026-12-31", "cost": {"amount": "1.00", "currency": "CNY"}}
    campaign = await company.boss.post("/v1/campaigns", {"name": "flood", "channel": "微信"} | span)
    phone = {"name": "phone", "kind": "PHONE", "label": "手机", "required": True}
    told = {"title": "flood", "campaignId": campaign["id"], "fields": [phone], "consentText": "同意"}
    form = await company.boss.post("/v1/forms", told)
    await company.boss.post(f"/v1/forms/{form['id']}:publish")
    link = await company.rep.post(f"/v1/forms/{form['id']}/links")
    return f"/f/{company.tenant}/{link['token']}", (company.rep, link["id"])


async def _flood(client: httpx.AsyncClient, path: str, rate: float, seconds: float) -> tuple[Counter[str], list[float]]:
    """The answers by status, and how long each took."""
    found: Counter[str] = Counter()
    took: list[float] = []
    room = asyncio.Semaphore(CONNECTIONS)
    began = time.perf_counter()

    async def one(n: int) -> None:
        await asyncio.sleep(began + n / rate - time.perf_counter())
        data = {"phone": f"13{n:09d}", "consent": "yes"}
        headers = {"x-forwarded-for": f"10.{n % 250}.{n // 250 % 250}.1"}
        async with room:  # waiting for a connection of the client's own is no part of what a form takes
            sent = time.perf_counter()
            try:
                answer = await client.post(path, data=data, headers=headers)
            except httpx.HTTPError as error:
                found[type(error).__name__] += 1
                return
            took.append(time.perf_counter() - sent)
        late = answer.status_code == 429 and "retry-after" not in answer.headers
        found["429 without Retry-After" if late else str(answer.status_code)] += 1

    await asyncio.gather(*(one(n) for n in range(int(rate * seconds))))
    return found, sorted(took)


async def measure(stack: Stack, rate: float, seconds: float) -> bool:
    """Offer them; print what came of it; whether all was well."""
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=60, limits=limits) as client:
        path, (rep, link) = await _form(Town(stack, client))
        found, took = await _flood(client, path, rate, seconds)
        leads = int((await rep.get(f"/v1/links/{link}"))["leads"])
    p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
    print(f"offered {rate:,.0f}/s for {seconds:g} s: {dict(found)}; {leads} leads; p50 {p50:.2f} s, p99 {p99:.2f} s")
    return set(found) <= {"200", "429"} and leads >= found["200"]


def main() -> None:
    """Bring a stack up and measure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rate", type=float, default=1000)
    asked.add_argument("--seconds", type=float, default=2)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        proxies = {"DEALTRAIL_TRUSTED_PROXIES": "127.0.0.0/8", "DEALTRAIL_CALLER_RATE": "100000"}
        stack = Stack(Path(folder) / "home", **proxies)
        stack.start()
        try:
            well = asyncio.run(measure(stack, chosen.rate, chosen.seconds))
        finally:
            stack.stop()
    raise SystemExit(0 if well else 1)


if __name__ == "__main__":
    main()
