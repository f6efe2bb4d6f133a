"""Files in and out: import with a progress bar and a report of refused rows, export of lists."""

import argparse
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.session import Refused, Session
from gateway.cli.words import say

LISTS = ("leads", "accounts", "deals", "contracts", "receipts")
LOOK_S = 0.25
DECIDED_S = 2.0
"""How often it is seen whether somebody has decided about an export."""
NEEDS_APPROVAL = "EXPORT_NEEDS_APPROVAL"


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
    """`dealtrail export`; with a purpose, an export that needs approval is asked for, waited for and fetched."""
    filters = dict(one.partition("=")[::2] for one in given.filter)
    request = given.request
    if not request:
        try:
            return _fetched(session, console, given, filters)
        except Refused as refused:
            if refused.reason != NEEDS_APPROVAL:
                raise
            if not given.purpose:
                raise Refused(f"{refused}\n{say('to ask for it, say what for: --purpose TEXT')}") from None
        wanted = f"/v1/{given.list}" + (f"?{urlencode(filters)}" if filters else "")
        asked = session("POST", "/v1/exportRequests", json={"list": wanted, "purpose": given.purpose})
        request = asked["id"]
    try:
        _approved(session, console, request)
    except KeyboardInterrupt:
        raise Refused(say("it waits without us; go on with --request {id}", id=request)) from None
    return _fetched(session, console, given, {**filters, "exportRequest": request})


def _approved(session: Session, console: Console, request: str) -> None:
    """Wait until somebody has approved the request. Refused if somebody refused it, or its time is over."""
    asked = session("GET", f"/v1/exportRequests/{request}")
    if asked["state"] == "REQUESTED":
        console.print(
            say("export request {id} waits for approval; Ctrl-C ends the waiting, not the request", id=request)
        )
    with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        progress.add_task(say("waiting for approval"), total=None)
        while asked["state"] == "REQUESTED":
            time.sleep(DECIDED_S)
            asked = session("GET", f"/v1/exportRequests/{request}")
    if asked["state"] != "APPROVED":
        why = asked["decision"] or asked["state"]
        raise Refused(say("the export was not approved: {why}", why=why))


def _fetched(session: Session, console: Console, given: argparse.Namespace, asked: dict[str, str]) -> int:
    """Save the list, with how many rows have come while they come."""
    rows = -1
    with (
        session.stream("GET", f"/v1/{given.list}", params={**asked, "format": "csv"}) as answer,
        given.output.open("wb") as file,
        Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True) as progress,
    ):
        bar = progress.add_task("", total=None)
        for chunk in answer.iter_bytes():
            file.write(chunk)
            rows += chunk.count(b"\r\n")
            progress.update(bar, description=say("{rows} rows in {file}", rows=rows, file=given.output))
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
