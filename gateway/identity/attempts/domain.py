"""When guessing at a password must pause."""

import hashlib
import math
from datetime import datetime, timedelta

from services.kit.errors import Exhausted

FREE = 5
"""Failures in a row that cost nothing."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)


class SignInLocked(Exhausted):
    """Too many wrong passwords for one name."""

    en = "too many failed sign-ins; try again in {retry_after} s"
    zh = "登录失败次数过多，请在 {retry_after} 秒后重试"


def must_be_free(failures: int, last_time: datetime, now: datetime) -> None:
    """Whether the next guess may be made. Refused: SIGN_IN_LOCKED."""
    left = (last_time + pause(failures) - now).total_seconds()
    if left > 0:
        raise SignInLocked(retry_after=math.ceil(left))


def pause(failures: int) -> timedelta:
    """How long to wait after that many failures in a row: each further one doubles it."""
    if failures < FREE:
        return timedelta()
    return min(FIRST_PAUSE * (1 << min(failures - FREE, 10)), LONGEST_PAUSE)


def name_key(tenant: str, username: str) -> bytes:
    """What failures are counted by, whether or not there is such a tenant and user: no table of typed names."""
    return hashlib.blake2b(f"{tenant}\0{username}".encode(), digest_size=16).digest()
