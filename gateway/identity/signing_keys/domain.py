"""Which key signs, and which still verify. Every process decides it alike, from the times alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from services.kit.errors import Refused

TOKEN_LIFE = timedelta(minutes=15)
KNOWN_AFTER = timedelta(seconds=10)
"""How long a new key waits before it signs: by then every process has read it."""
AT_LEAST_BETWEEN = timedelta(minutes=1)


class KeyRotatedLately(Refused):
    """The newest key is hardly in use yet."""

    en = "the newest key is not a minute old"
    zh = "最新密钥生成不足一分钟"


@dataclass(frozen=True)
class SigningKey:
    """A key pair, its private half sealed."""

    kid: str
    sealed: str
    create_time: datetime


def newest_first(keys: Sequence[SigningKey]) -> list[SigningKey]:
    """The keys in the order that the rules below speak of."""
    return sorted(keys, key=lambda key: (key.create_time, key.kid), reverse=True)


def signing(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """The key that signs: the newest that every process knows; the first of all where none is old enough."""
    known = [key for key in newest_first(keys) if key.create_time <= now - KNOWN_AFTER]
    return known[0] if known else newest_first(keys)[-1]


def verifying(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """The keys that verify: all but those whose last token has ended since a newer key took over."""
    ordered = newest_first(keys)
    good = ordered[:1]
    for newer, key in pairwise(ordered):
        if newer.create_time + KNOWN_AFTER + TOKEN_LIFE > now:
            good.append(key)
    return good


def must_be_due(keys: Sequence[SigningKey], now: datetime) -> None:
    """Whether a new key may be made. Refused: KEY_ROTATED_LATELY."""
    if any(key.create_time > now - AT_LEAST_BETWEEN for key in keys):
        raise KeyRotatedLately
