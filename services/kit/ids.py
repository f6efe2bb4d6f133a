"""UUIDs that rise with time (RFC 9562, version 7), so that keyset order on ids is order of creation."""

import os
import time
from uuid import UUID, uuid5


class _Clock:
    """The stamp given out last: ids of one process never run backwards."""

    last = 0


def new_id(at_ms: int | None = None) -> UUID:
    """A fresh UUIDv7: 48 bits of milliseconds, 12 bits that count within the millisecond, 62 random bits.

    `at_ms` sets the instant, for resources whose history is imported.
    """
    if at_ms is None:
        stamp = max(time.time_ns() * 4096 // 1_000_000, _Clock.last + 1)
        _Clock.last = stamp
    else:
        stamp = (at_ms << 12) | (int.from_bytes(os.urandom(2), "big") & 0xFFF)
    high = ((stamp >> 12) & 0xFFFFFFFFFFFF) << 16 | 0x7000 | (stamp & 0xFFF)
    low = (0b10 << 62) | (int.from_bytes(os.urandom(8), "big") >> 2)
    return UUID(int=(high << 64) | low)


def derived_id(parent: UUID, step: str) -> UUID:
    """The id of what `step` makes of `parent`: the same for every retry (UUIDv5)."""
    return uuid5(parent, step)


def instant_ms(identity: UUID) -> int:
    """When a UUIDv7 was made, in milliseconds since 1970."""
    return identity.int >> 80
