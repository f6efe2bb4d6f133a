"""One readable log of many processes: time, who, what; coloured on a terminal."""

import contextlib
import json
import sys
from datetime import datetime
from itertools import cycle
from typing import Any, TextIO

COLOURS = (36, 32, 35, 33, 34, 96, 92, 95, 93, 94)
LOUD = {"warning": 33, "error": 31, "critical": 31}
WIDTH = 13


class Log:
    """Writes whole lines, so that lines of different processes never mix."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._tty = out.isatty()
        self._free = cycle(COLOURS)
        self._colours: dict[str, int] = {}

    def say(self, name: str, line: str) -> None:
        """One line of the process `name`. A JSON log record is put into words, all else is shown as it is."""
        time, text = self._words(line.rstrip())
        if not text:
            return
        colour = self._colours.get(name) or self._colours.setdefault(name, next(self._free))
        head = self._paint(colour, f"{time} {name:<{WIDTH}}")
        # Whoever read it may have gone; what runs does not fall for that.
        with contextlib.suppress(OSError):
            self._out.write("".join(f"{head} {part}\n" for part in text.splitlines()))
            self._out.flush()

    def _words(self, line: str) -> tuple[str, str]:
        record = _record(line)
        if record is None:
            return f"{datetime.now().astimezone():%H:%M:%S}", line
        time = datetime.fromisoformat(record.pop("time")).astimezone()
        level = record.pop("level", "info")
        message = record.pop("message")
        exception = record.pop("exception", "")
        record.pop("logger", None)
        rest = " ".join(f"{key}={value}" for key, value in record.items())
        said = "" if level == "info" else self._paint(LOUD.get(level, 2), level) + " "
        return f"{time:%H:%M:%S}", f"{said}{message} {self._paint(2, rest) if rest else ''}".rstrip() + "\n" + exception

    def _paint(self, colour: int, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._tty else text


def _record(line: str) -> dict[str, Any] | None:
    """The log record in a line, if it is one."""
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
        datetime.fromisoformat(record["time"])
    except (ValueError, KeyError, TypeError):
        return None
    return record if isinstance(record.get("message"), str) else None
