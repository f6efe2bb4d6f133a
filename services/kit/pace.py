"""What comes alone is done at once; what comes thick shares rounds, each of which costs as much as many events."""

import time
from collections.abc import Iterable
from typing import Any

THICK = 100
"""Things a second that something happens to, from which on their events share rounds: of fewer, hardly two would."""
WINDOW_S = 0.1
"""For so long they are counted."""


class Pace:
    """How fast events come. Several of one thing count once: what comes of an event follows it, and nothing more."""

    def __init__(self) -> None:
        self._things: set[Any] = set()
        self._since = time.monotonic()
        self._thick = False

    def thick(self, things: Iterable[Any]) -> bool:
        """Whether they have come thick of late. Asked after each round, with what its events are about."""
        now = time.monotonic()
        self._things.update(things)
        if (span := now - self._since) >= WINDOW_S:
            self._thick = len(self._things) > THICK * span
            self._things.clear()
            self._since = now
        return self._thick
