"""What comes alone is done at once; what comes thick shares rounds, each of which costs as much as many events."""

import time
from collections.abc import Iterable
from typing import Any

THICK = 100
"""Things a second that something happens to, from which on their events share rounds: of fewer, hardly two would."""
DENSE = 400
"""Things a second from which on rounds are further apart: most of what an event costs then is its round's."""
APART_S, DENSE_APART_S = 0.04, 0.08
"""From one round of a relay to the next, where things come thick and where they come denser yet.

Half as long, each of a hundred commands a second one after the other took a quarter more of the processors; half as
long again spared next to nothing more at full load.
"""
WINDOW_S = 0.1
"""For so long they are counted."""


class Pace:
    """How fast events come. Several of one thing count once: what comes of an event follows it, and nothing more."""

    def __init__(self) -> None:
        self._things: set[Any] = set()
        self._since = time.monotonic()
        self._rate = 0.0

    def thick(self, things: Iterable[Any]) -> bool:
        """Whether they have come thick of late. Asked after each round, with what its events are about."""
        return self._counted(things) > THICK

    def apart_s(self, things: Iterable[Any]) -> float:
        """Seconds from the begin of one round to that of the next; 0 for at once. Asked as `thick` is."""
        rate = self._counted(things)
        if rate <= THICK:
            return 0
        return APART_S if rate <= DENSE else DENSE_APART_S

    def _counted(self, things: Iterable[Any]) -> float:
        now = time.monotonic()
        self._things.update(things)
        if (span := now - self._since) >= WINDOW_S:
            self._rate = len(self._things) / span
            self._things.clear()
            self._since = now
        return self._rate
