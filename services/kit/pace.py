"""What comes alone is done at once; what comes thick shares rounds, each of which costs as much as many events."""

import time

THICK = 100
"""Events a second from which on they share rounds: of fewer, hardly two would."""


class Pace:
    """How fast events come, from one round that did some to the next."""

    def __init__(self) -> None:
        self._before = 0.0

    def thick(self, count: int) -> bool:
        """Whether they come thick. Asked after each round that did some, with how many these were."""
        now = time.monotonic()
        before, self._before = self._before, now
        return count > THICK * (now - before)
