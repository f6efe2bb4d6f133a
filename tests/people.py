"""People who work with a running Dealtrail through its API, and the companies that they work for."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from gateway.identity.tenants.__main__ import create
from services.kit.database import Database
from tests.stack import PASSWORD, Stack

PATIENCE_S = 60


class Person:
    """Somebody who is signed in, or nobody yet."""

    def __init__(self, client: httpx.AsyncClient, username: str = "") -> None:
        self._client = client
        self.username = username
        self.id = ""
        self.team_id = ""
        self.tenant = ""
        self.token = ""

    async def sign_in(self, tenant: str, password: str = PASSWORD) -> "Person":
        """Get a token for what follows."""
        given = {"tenant": tenant, "username": self.username, "password": password}
        self.token = (await self.post("/v1/sessions", given))["accessToken"]
        me = await self.get("/v1/me")
        self.id, self.team_id, self.tenant = me["userId"], me["teamId"], tenant
        return self

    def beside(self, username: str) -> "Person":
        """Somebody else at the same door, who has not signed in."""
        return Person(self._client, username)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request, whatever comes of it. Headers are named with underscores: `if_match='"3"'`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("authorization", f"Bearer {self.token}")
        return await self._client.request(method, path, json=body, headers=sent)

    async def send_raw(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> httpx.Response:
        """A request as it is given, whatever is wrong with it."""
        signed = {"authorization": f"Bearer {self.token}", **headers}
        return await self._client.request(method, path, content=body, headers=signed)

    async def send(self, path: str, form: Mapping[str, Any], files: Mapping[str, Any]) -> httpx.Response:
        """Upload files with the fields of a form."""
        headers = {"authorization": f"Bearer {self.token}"}
        return await self._client.post(path, data=form, files=files, headers=headers)

    @asynccontextmanager
    async def listening(self, path: str) -> AsyncIterator[httpx.Response]:
        """A request whose answer goes on while the block runs."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        async with self._client.stream("GET", path, headers=headers) as answer:
            yield answer

    async def get(self, path: str, **query: Any) -> Any:
        """What can be read there."""
        given = str(httpx.QueryParams(query))
        return done(await self.ask("GET", f"{path}?{given}" if given else path))

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Do it, with an idempotency key of its own unless one is given; the answer."""
        headers.setdefault("idempotency_key", str(uuid4()))
        return done(await self.ask("POST", path, {} if body is None else body, **headers))


def done(answer: httpx.Response) -> Any:
    """The JSON of an answer that must not be a refusal."""
    assert answer.status_code == 200, f"{answer.request.method} {answer.request.url.path}: {answer.text}"
    return answer.json()


async def until(question: Callable[[], Awaitable[Any]], patience_s: float = PATIENCE_S) -> Any:
    """The first answer to the question that is not empty."""
    end = time.monotonic() + patience_s
    while not (answer := await question()):
        assert time.monotonic() < end, f"waited in vain for {question}"
        await asyncio.sleep(0.05)
    return answer


@dataclass
class Company:
    """A tenant: its boss, a manager of one team with two reps in it, and one of each other role."""

    tenant: str
    boss: Person
    manager: Person
    rep: Person
    colleague: Person
    """A rep of the same team."""
    admin: Person
    partner: Person

    async def hire(self, username: str, role: str, team_id: str) -> Person:
        """One more who works here, signed in."""
        told = {"username": username, "displayName": username, "role": role, "password": PASSWORD, "teamId": team_id}
        await self.boss.post("/v1/users", told)
        return await self.boss.beside(username).sign_in(self.tenant)

    @property
    def by_role(self) -> dict[str, Person]:
        """One of each role."""
        everybody = (self.boss, self.manager, self.rep, self.admin, self.partner)
        return dict(zip(("BOSS", "MANAGER", "REP", "ADMIN", "PARTNER"), everybody, strict=True))


class Town:
    """Founds companies in a running Dealtrail."""

    def __init__(self, stack: Stack, client: httpx.AsyncClient) -> None:
        self._stack = stack
        self.client = client

    async def company(self, name: str) -> Company:
        """A new company; its tenant's name begins with `name`."""
        boss = await self.boss(name)
        team = await boss.post("/v1/teams", {"name": f"{name} team"})
        roles = {"manager": "MANAGER", "rep": "REP", "colleague": "REP", "admin": "ADMIN", "partner": "PARTNER"}
        users = [
            {"username": who, "displayName": f"{name} {who}", "role": role, "password": PASSWORD, "teamId": team["id"]}
            for who, role in roles.items()
        ]
        hired = await boss.post("/v1/users:batchCreate", {"users": users})
        assert {result["outcome"] for result in hired["results"]} == {"CREATED"}, hired
        people = [await self.person(who).sign_in(boss.tenant) for who in roles]
        return Company(boss.tenant, boss, *people)

    async def boss(self, name: str) -> Person:
        """The boss of a new company in which nobody else works yet."""
        tenant = f"{name}-{uuid4().hex[:8]}"
        database = await Database.connect(self._stack.databases("gateway").app, 1)
        try:
            assert await create(database, tenant, name, "boss", PASSWORD)
        finally:
            await database.close()
        return await self.person("boss").sign_in(tenant)

    def person(self, username: str = "") -> Person:
        """Somebody who has not signed in."""
        return Person(self.client, username)


@asynccontextmanager
async def town(stack: Stack) -> AsyncIterator[Town]:
    """The town around a stack."""
    bound = httpx.Limits(max_connections=32)
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=60, limits=bound) as client:
        yield Town(stack, client)
