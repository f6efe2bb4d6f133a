"""Sales people who work without pause while a release changes under them, and remember all that went wrong."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx


class Load:
    """Some workers at one address. Nobody repeats a request: what fails has failed."""

    def __init__(self, address: str, token: str, workers: int = 8) -> None:
        headers = {"authorization": f"Bearer {token}"}
        bound = httpx.Limits(max_connections=workers)
        self._client = httpx.AsyncClient(base_url=address, headers=headers, timeout=20, trust_env=False, limits=bound)
        self._workers = workers
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.leads: list[str] = []
        """Leads whose capture was acknowledged."""
        self.answered = 0
        self.failures: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._workers)]

    async def stop(self) -> None:
        """Finish what is in hand."""
        self._stop.set()
        await asyncio.gather(*self._tasks)
        await self._client.aclose()

    async def _work(self) -> None:
        while not self._stop.is_set():
            lead = await self._ask("POST", "/v1/leads", {"company": f"负载科技 {uuid4().hex[:12]}", "channel": "展会"})
            if lead is None:
                continue
            self.leads.append(lead["id"])
            await self._ask("POST", f"/v1/leads/{lead['id']}:qualify", {"score": 80}, keyed=False)
            if won := await self._ask("POST", f"/v1/leads/{lead['id']}:convert", {}):
                await self._ask("PATCH", f"/v1/accounts/{won['accountId']}", {"industry": "软件"}, keyed=False)
                await self._ask("GET", f"/v1/deals/{won['dealId']}")
                await self._ask("GET", f"/v1/accounts/{won['accountId']}/timeline")
            await self._ask("GET", "/v1/leads?pageSize=20")
            await self._ask("GET", "/v1/analytics/funnel")
            await self._ask("GET", "/v1/receivables/aging")
            await asyncio.sleep(0.05)

    async def _ask(self, method: str, path: str, body: Any = None, keyed: bool = True) -> Any:
        headers = {"idempotency-key": str(uuid4())} if method == "POST" and keyed else {}
        if method == "PATCH":
            headers["if-match"] = '"1"'
        try:
            answer = await self._client.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            self.failures[f"{method} {_shape(path)}: {error!r}"] += 1
            return None
        self.answered += 1
        if answer.is_success:
            return answer.json()
        self.failures[f"{method} {_shape(path)}: {answer.status_code} {answer.text[:200]}"] += 1
        return None


def _shape(path: str) -> str:
    """The path without ids."""
    return "/".join(part if len(part) < 30 else "{id}" + part[36:] for part in path.partition("?")[0].split("/"))
