"""Logs as JSON lines, each under the trace of the request that it speaks of."""

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime


def handler(trace_id: Callable[[], str]) -> logging.Handler:
    """Writes to standard error. `trace_id` tells the present trace, "" if there is none."""
    found = logging.StreamHandler(sys.stderr)
    found.setFormatter(_JsonLines(trace_id))
    return found


class _JsonLines(logging.Formatter):
    """One JSON object a line. Messages are constants; what varies stands in `extra` fields, never personal data."""

    _standard = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}

    def __init__(self, trace_id: Callable[[], str]) -> None:
        super().__init__()
        self._trace_id = trace_id

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if known := self._trace_id():
            line["trace_id"] = known
        line |= {key: str(value) for key, value in vars(record).items() if key not in self._standard}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
