"""Passwords: hashed with argon2id in threads of their own, so that a flood of sign-ins cannot starve the loop."""

import asyncio
import base64
import math
import os
import secrets
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from services.kit.errors import Exhausted

T = TypeVar("T")

TIME_COST, MEMORY_KIB, LANES = 2, 19 << 10, 1
"""OWASP's for argon2id: two passes over 19 MiB, one lane."""
AT_ONCE = max(1, (os.cpu_count() or 2) // 2)
"""argon2 runs outside of the interpreter's lock: this many cores at most are taken from everything else."""
FIRST_S = 0.1
"""How long a comparison is thought to take until one was timed."""
LONGEST_QUEUE = 64 * AT_ONCE
LARGEST_SHARE = LONGEST_QUEUE // 2
"""How many of them one network address may have waiting: a flood from there leaves room for others."""


class PasswordsBusy(Exhausted):
    """More people sign in than can be served in time."""

    en = "too many people are signing in; try again in {retry_after} s"
    zh = "登录人数过多，请在 {retry_after} 秒后重试"


class Passwords:
    """Hashes and compares."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords")
        self._waiting = 0
        self._asking: Counter[str] = Counter()
        self._of_nobody = _of_nobody(self._argon2)
        self._seconds = FIRST_S

    async def hashes(self, passwords: Sequence[str]) -> list[str]:
        """The hash of each. Refused: PASSWORDS_BUSY."""
        return await self._run(lambda: [self._argon2.hash(_form(one)) for one in passwords])

    async def matches(self, password: str, password_hash: str | None, address: str = "") -> bool:
        """Whether it is the password of that hash. None never matches, and takes as long.

        `address` is where a stranger asks from. Refused: PASSWORDS_BUSY.
        """
        if address and self._asking[address] >= LARGEST_SHARE:
            raise PasswordsBusy(retry_after=self._wait_s())
        self._asking[address] += 1
        try:
            return await self._run(lambda: self._compare(password, password_hash))
        finally:
            self._asking[address] -= 1
            if not self._asking[address]:
                del self._asking[address]

    def close(self) -> None:
        """Begin no further work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _compare(self, password: str, password_hash: str | None) -> bool:
        try:
            return self._argon2.verify(password_hash or self._of_nobody, _form(password)) and password_hash is not None
        except VerificationError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= LONGEST_QUEUE:
            raise PasswordsBusy(retry_after=self._wait_s())
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._timed, work)
        finally:
            self._waiting -= 1

    def _timed(self, work: Callable[[], T]) -> T:
        began = time.monotonic()
        try:
            return work()
        finally:
            self._seconds = time.monotonic() - began

    def _wait_s(self) -> int:
        """How long those who wait will take, if all take as long as the last one."""
        return math.ceil(self._waiting * self._seconds / AT_ONCE)


def _of_nobody(hasher: PasswordHasher) -> str:
    """A hash that no password has: its salt and its result are drawn, so that nothing had to be computed for it."""
    salt, result = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v=19$m={MEMORY_KIB},t={TIME_COST},p={LANES}${salt}${result}"


def _form(password: str) -> str:
    """One form for what different keyboards send for the same characters."""
    return unicodedata.normalize("NFKC", password)
