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
from urllib.parse import urlsplit

import httpx

from tests.bench.report import Measurement, markdown
from tests.people import Person, Town
from tests.stack import Stack

CONNECTIONS, OPENING = 1000, 100
"""People who send, and how many of them connect at the same time."""


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


class Flood:
    """Submissions at a steady rate, whatever becomes of them; what became of them by status, and how long it took."""

    def __init__(self, url: str, path: str, rate: float, seconds: float) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._path = path
        self._rate = rate
        self._numbers = iter(range(int(rate * seconds)))
        self._began = 0.0
        self.found: Counter[str] = Counter()
        self.took: list[float] = []
        self.lasted = 0.0
        self.late: list[float] = []
        """By how much each was sent later than it was due."""

    async def go(self) -> None:
        """Send all of them; each of the people has a connection that is kept."""
        opening = asyncio.Semaphore(OPENING)
        self._began = time.perf_counter() + 1
        await asyncio.gather(*(self._person(opening) for _ in range(CONNECTIONS)))
        self.lasted = time.perf_counter() - self._began

    async def _person(self, opening: asyncio.Semaphore) -> None:
        async with opening:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        for number in self._numbers:
            due = self._began + number / self._rate
            await asyncio.sleep(due - time.perf_counter())
            sent = time.perf_counter()
            self.late.append(max(0, sent - due))
            try:
                writer.write(self._request(number))
                status = await _status(reader)
            except (OSError, asyncio.IncompleteReadError) as error:
                self.found[type(error).__name__] += 1
                writer.close()
                reader, writer = await asyncio.open_connection(self._host, self._port)
                continue
            self.took.append(time.perf_counter() - sent)
            self.found[status] += 1
        writer.close()

    def _request(self, number: int) -> bytes:
        body = f"phone=13{number:09d}&consent=yes"
        lines = (
            f"POST {self._path} HTTP/1.1",
            f"host: {self._host}:{self._port}",
            f"x-forwarded-for: 10.{number % 250}.{number // 250 % 250}.1",
            "content-type: application/x-www-form-urlencoded",
            f"content-length: {len(body)}",
        )
        return "\r\n".join((*lines, "", body)).encode()


async def _status(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    await reader.readexactly(int(headers["content-length"]))
    status = head[0].split()[1]
    return "429 without Retry-After" if status == "429" and "retry-after" not in headers else status


async def _offer(stack: Stack, rate: float, seconds: float) -> tuple[Flood, int]:
    """Offer them; what came of it, and how many leads the link counts then."""
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=60) as client:
        path, (rep, link) = await _form(Town(stack, client))
        await client.get(path)
        flood = Flood(stack.url, path, rate, seconds)
        await flood.go()
        return flood, int((await rep.get(f"/v1/links/{link}"))["leads"])


def flooded(rate: float = 1000, seconds: float = 2) -> list[Measurement]:
    """P21: how many of those offered were answered as they should be: 200 and a lead, or 429 and when to come again.

    The stack is one of its own, whose gateway believes the client about the networks that it sends from.
    """
    with tempfile.TemporaryDirectory() as folder:
        believed = {"DEALTRAIL_TRUSTED_PROXIES": "127.0.0.0/8", "DEALTRAIL_CALLER_RATE": "100000"}
        stack = Stack(Path(folder) / "home", **believed)
        stack.start()
        try:
            flood, leads = asyncio.run(_offer(stack, rate, seconds))
        finally:
            stack.stop()
    taken = flood.found["200"]
    well = taken + flood.found["429"] - abs(leads - taken)
    p50, p99, latest = _at(flood.took, 0.5), _at(flood.took, 0.99), _at(flood.late, 0.99)
    notes: dict[str, float | str] = {name: flood.found[name] for name in sorted(flood.found)}
    notes |= {"leads": leads, "a second": rate, "until all were answered, s": f"{flood.lasted:.1f}"}
    notes |= {"p50, s": f"{p50:.2f}", "p99, s": f"{p99:.2f}", "p99 sent late, s": f"{latest:.2f}"}
    what = "submissions of a flooded form that are leads or 429"
    return [Measurement("P21", what, "", well, sum(flood.found.values()), "offered", 1, 1, True, notes)]


def _at(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def main() -> None:
    """Measure by itself."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rate", type=float, default=1000)
    asked.add_argument("--seconds", type=float, default=2)
    chosen = asked.parse_args()
    [found] = flooded(chosen.rate, chosen.seconds)
    print(markdown([found]))
    raise SystemExit(0 if found.ratio == 1 else 1)


if __name__ == "__main__":
    main()
