"""`dealtrail live`: changes as they happen, a line each; taken up again where the stream broke off."""

import argparse
import json
import time

import httpx
from rich.console import Console

from gateway.cli.session import Session
from gateway.cli.words import say

PAUSE_S = 2.0
SILENCE_S = 40.0
"""A stream says at least every 15 seconds that it lives."""


def live(session: Session, console: Console, given: argparse.Namespace) -> int:
    """Print changes until Ctrl-C, or until `--count` were printed."""
    console.print(say("listening; Ctrl-C ends it"))
    last, left = "", given.count or -1
    timeout = httpx.Timeout(60, read=SILENCE_S)
    while left:
        request = {"params": {"types": given.types}, "headers": {"last-event-id": last} if last else {}}
        try:
            with session.stream("GET", "/v1/live", timeout=timeout, **request) as stream:
                for line in stream.iter_lines():
                    if line.startswith('data: {"id"'):
                        change = json.loads(line.removeprefix("data: "))
                        last, left = change["id"], left - 1
                        _show(console, change)
                    elif line == "event: reset":
                        console.print(say("more was missed than is told; read everything anew"))
                    if not left:
                        return 0
        except KeyboardInterrupt:
            return 0
        time.sleep(PAUSE_S)
    return 0


def _show(console: Console, change: dict[str, object]) -> None:
    subject = change["subject"]
    assert isinstance(subject, dict)
    what = f"{subject['kind']} {subject['id']} @{change['version']}"
    console.print(f"{change['time']}  {change['type']:<22} {what}", highlight=False, soft_wrap=True)
