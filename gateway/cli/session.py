"""The signed-in user: tokens in a file that only its owner reads, renewed by one process at a time."""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from gateway.cli.words import language, say

MARGIN_S = 60


class Refused(Exception):
    """The command cannot do what it was asked to; the text says why, and `reason` is the API's own where it refused."""

    def __init__(self, text: str, reason: str = "") -> None:
        super().__init__(text)
        self.reason = reason


def folder() -> Path:
    """Where the session is kept."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "dealtrail"


class Session:
    """The public API as the signed-in user."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = dict(told)
        self.client = httpx.Client(
            base_url=self._told["server"], timeout=60, headers={"accept-language": language()}, trust_env=False
        )

    @classmethod
    def begin(cls, server: str, tenant: str, username: str, password: str) -> "Session":
        """Sign in and remember it."""
        session = cls({"server": server, "tenant": tenant, "username": username})
        given = {"tenant": tenant, "username": username, "password": password}
        session._keep(session._ask("POST", "/v1/sessions", json=given).json())
        return session

    @classmethod
    def known(cls) -> "Session":
        """The one that was remembered. Refused if nobody signed in."""
        try:
            return cls(json.loads((folder() / "session.json").read_text()))
        except (OSError, ValueError):
            raise Refused(say("sign in first: dealtrail login")) from None

    def __call__(self, method: str, path: str, **request: Any) -> Any:
        """One request; its JSON."""
        return self.answer(method, path, **request).json()

    def answer(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One request; its answer."""
        return self._ask(method, path, headers=self.headers(), **request)

    @contextmanager
    def stream(self, method: str, path: str, **request: Any) -> Iterator[httpx.Response]:
        """One request whose answer is read as it comes."""
        headers = self.headers() | request.pop("headers", {})
        try:
            with self.client.stream(method, path, headers=headers, **request) as answer:
                if not answer.is_success:
                    answer.read()
                yield _good(answer)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    def headers(self) -> dict[str, str]:
        """What signs a request; the token is renewed before it ends."""
        if time.time() > self._told["until"] - MARGIN_S:
            self._renew()
        return {"authorization": f"Bearer {self._told['accessToken']}"}

    def end(self) -> None:
        """Sign out."""
        self._ask("POST", "/v1/sessions:revoke", json={"refreshToken": self._told["refreshToken"]})
        (folder() / "session.json").unlink(missing_ok=True)

    def _renew(self) -> None:
        # A refresh token works once: two processes that used the same would end the session.
        with (folder() / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            newest = json.loads((folder() / "session.json").read_text())
            if newest["until"] - MARGIN_S > time.time():
                self._told = newest
                return
            given = {"refreshToken": newest["refreshToken"]}
            self._keep(self._ask("POST", "/v1/sessions:refresh", json=given).json())

    def _keep(self, session: Mapping[str, Any]) -> None:
        tokens = {name: session[name] for name in ("accessToken", "refreshToken")}
        self._told |= tokens | {"until": time.time() + session["expiresIn"]}
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=folder())
        with os.fdopen(handle, "w") as file:
            json.dump(self._told, file)
        Path(fresh).replace(folder() / "session.json")

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return _good(self.client.request(method, path, **request))
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> Refused:
        return Refused(say("nobody answers at {server}: {error}", server=self._told["server"], error=error))


def _good(answer: httpx.Response) -> httpx.Response:
    """The answer, unless it is a refusal."""
    if answer.is_success:
        return answer
    reason = ""
    try:
        problem = answer.json()
        reason = problem["reason"]
        lines = [f"{problem['detail']} ({problem['reason']})"]
        lines += [f"  {one['field']}: {one['message']}" for one in problem.get("violations", ())]
    except (ValueError, KeyError):
        lines = [f"{answer.status_code} {answer.text[:200]}"]
    raise Refused("\n".join(lines), reason)
