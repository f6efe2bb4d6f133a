"""The public API as the demo calls it: signed in as the boss, imports waited for, progress told."""

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

PATIENCE_S = 900
BAR = 24


class Failed(Exception):
    """The API refused what the demo needs; the text says what."""


class Api:
    """One address, one signed-in user."""

    def __init__(self, address: str, tenant: str, username: str, password: str) -> None:
        """Refused: Failed if nobody answers there, or the password is another."""
        self._client = httpx.Client(base_url=address, timeout=60, trust_env=False)
        self._credentials = {"tenant": tenant, "username": username, "password": password}
        self._renew_at = 0.0

    def __call__(self, method: str, path: str, body: Any = None, key: str = "", **parameters: Any) -> Any:
        """One request; its JSON. `key` makes a command one that may be repeated."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._answer(method, path, json=body, params=parameters or None, headers=headers)

    def load(self, kind: str, name: str, content: str, mapping: Mapping[str, Any]) -> dict[str, int]:
        """Import a file, show how far it is, and wait for its end. Refused: Failed if any row was refused."""
        form = {"kind": kind, "mapping": json.dumps(mapping)}
        operation = self._answer("POST", "/v1/imports", data=form, files={"file": (name, content.encode())})
        told, until = -1, time.monotonic() + PATIENCE_S
        while True:
            rows = operation["rows"]
            tenth = 10 * rows["done"] // rows["total"]
            if tenth != told:
                told = tenth
                print(f"{kind:<10} {_bar(rows['done'], rows['total'])}", flush=True)
            if operation["state"] not in ("PENDING", "RUNNING"):
                break
            if time.monotonic() > until:
                raise Failed(f"the import of {kind} did not end within {PATIENCE_S} s")
            time.sleep(0.1)
            operation = self("GET", f"/v1/operations/{operation['id']}")
        if operation["state"] != "SUCCEEDED" or rows["refused"]:
            why = f"{operation['state']} {operation['message']} {self._why(operation)}"
            raise Failed(f"the import of {kind} ended: {why}")
        return dict(rows)

    def _why(self, operation: Mapping[str, Any]) -> str:
        """The first refused rows."""
        if not operation["errorsUrl"]:
            return ""
        self._sign_in()
        return "\n".join(self._client.get(operation["errorsUrl"]).text.splitlines()[:4])

    def _answer(self, method: str, path: str, **request: Any) -> Any:
        self._sign_in()
        answer = self._client.request(method, path, **request)
        if not answer.is_success:
            raise Failed(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def _sign_in(self) -> None:
        """Access tokens live for fifteen minutes."""
        if time.monotonic() < self._renew_at:
            return
        try:
            answer = self._client.post("/v1/sessions", json=self._credentials)
        except httpx.HTTPError as error:
            raise Failed(f"nobody answers at {self._client.base_url}: {error}") from None
        if not answer.is_success:
            raise Failed(f"{self._credentials['username']} cannot sign in: {answer.json().get('detail', answer.text)}")
        session = answer.json()
        self._client.headers["Authorization"] = f"Bearer {session['accessToken']}"
        self._renew_at = time.monotonic() + session["expiresIn"] / 2


def _bar(done: int, total: int) -> str:
    full = BAR * done // total
    return f"[{'#' * full}{'.' * (BAR - full)}] {done:>6,} of {total:,}"
