"""Files in and out: import with a progress bar and a report of refused rows, export of lists."""

import argparse
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.session import Refused, Session
from gateway.cli.words import say

LISTS = ("leads", "accounts", "deals", "contracts", "receipts")
LOOK_S = 0.25


def load(session: Session, console: Console, given: argparse.Namespace) -> int:
    """`dealtrail import`; 0 if no row was refused."""
    try:
        content, mapping = given.file.read_bytes(), given.mapping.read_text()
    except OSError as error:
        raise Refused(say("{file} cannot be read: {error}", file=error.filename, error=error.strerror)) from None
    form = {"kind": given.kind, "mapping": mapping, "dryRun": str(given.dry_run).lower()}
    operation = session("POST", "/v1/imports", data=form, files={"file": (given.file.name, content)})
    try:
        operation = _followed(session, console, operation)
    except KeyboardInterrupt:
        raise Refused(say("it goes on without us; see dealtrail operation {id}", id=operation["id"])) from None
    return _told(session, console, operation, given.errors or given.file.with_suffix(".errors.csv"))


def operation(session: Session, console: Console, given: argparse.Namespace) -> int:
    """`dealtrail operation`: follow an import that was started before."""
    found = _followed(session, console, session("GET", f"/v1/operations/{given.id}"))
    return _told(session, console, found, given.errors or Path(f"{given.id}.errors.csv"))


def save(session: Session, console: Console, given: argparse.Namespace) -> int:
    """`dealtrail export`."""
    filters = dict(one.partition("=")[::2] for one in given.filter)
    rows = -1
    with (
        session.stream("GET", f"/v1/{given.list}", params={**filters, "format": "csv"}) as answer,
        given.output.open("wb") as file,
    ):
        for chunk in answer.iter_bytes():
            file.write(chunk)
            rows += chunk.count(b"\r\n")
    console.print(say("{rows} rows in {file}", rows=rows, file=given.output))
    return 0


def _followed(session: Session, console: Console, operation: dict[str, Any]) -> dict[str, Any]:
    """The operation once it has ended."""
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=operation["rows"]["total"])
        while True:
            rows = operation["rows"]
            told = say("{done} of {total} rows", done=f"{rows['done']:,}", total=f"{rows['total']:,}")
            progress.update(bar, completed=rows["done"], description=told)
            if operation["state"] not in ("PENDING", "RUNNING"):
                return operation
            time.sleep(LOOK_S)
            operation = session("GET", f"/v1/operations/{operation['id']}")


def _told(session: Session, console: Console, operation: dict[str, Any], errors: Path) -> int:
    rows = operation["rows"]
    counts = {name: f"{rows[name]:,}" for name in ("created", "existed", "refused")}
    what = say("checked") if operation["dryRun"] else say("recorded")
    console.print(say("{what}: {created}; there before: {existed}; refused: {refused}", what=what, **counts))
    if operation["errorsUrl"]:
        errors.write_bytes(session.answer("GET", operation["errorsUrl"]).content)
        console.print(say("the refused rows and why: {file}", file=errors))
    if operation["state"] != "SUCCEEDED":
        raise Refused(say("it ended {state}: {message}", state=operation["state"], message=operation["message"]))
    return 1 if rows["refused"] else 0
