"""`dealtrail`: what can be said, and who does it."""

import argparse
import getpass
import os
import sys
from pathlib import Path

from rich.console import Console

from gateway.cli import figures, listen, ops, transfer
from gateway.cli.session import Refused, Session
from gateway.cli.words import say

KINDS = ("leads", "accounts", "deals", "contracts", "receipts", "touchpoints")
DAY = "YYYY-MM-DD"


def main() -> None:
    """Do what the arguments say; 1 if it was refused or rows were refused, 2 if they say nothing."""
    console = Console()
    given = _parser().parse_args()
    try:
        sys.exit(_do(given, console))
    except Refused as refused:
        Console(stderr=True).print(str(refused), style="red", highlight=False, markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _do(given: argparse.Namespace, console: Console) -> int:
    done: int
    if given.operator:
        done = given.run(given)
    elif given.run is login:
        done = login(console, given)
    else:
        done = given.run(Session.known(), console, given)
    return done


def login(console: Console, given: argparse.Namespace) -> int:
    """`dealtrail login`."""
    password = os.environ.get("DEALTRAIL_PASSWORD") or getpass.getpass(say("password: "))
    Session.begin(given.server.rstrip("/"), given.tenant, given.username, password)
    console.print(
        say(
            "signed in to {tenant} at {server} as {username}",
            tenant=given.tenant,
            server=given.server,
            username=given.username,
        )
    )
    return 0


def logout(session: Session, console: Console, given: argparse.Namespace) -> int:
    """`dealtrail logout`."""
    del given
    session.end()
    console.print(say("signed out"))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dealtrail", description="Dealtrail (跟单) from a terminal.")
    parser.set_defaults(operator=False)
    commands = parser.add_subparsers(required=True, metavar="command")

    one = commands.add_parser("login", help="sign in; the password is asked for, or DEALTRAIL_PASSWORD")
    one.add_argument("--server", default="http://127.0.0.1:8080")
    one.add_argument("--tenant", default="demo")
    one.add_argument("--username", required=True)
    one.set_defaults(run=login)
    commands.add_parser("logout", help="end the session").set_defaults(run=logout)
    commands.add_parser("whoami", help="who is signed in").set_defaults(run=figures.whoami)
    _transfer(commands)
    _figures(commands)

    one = commands.add_parser("live", help="changes as they happen")
    one.add_argument("--types", default="", help="such as LeadCaptured,DealWon")
    one.add_argument("--count", type=int, default=0, help="end after so many")
    one.set_defaults(run=listen.live)
    _operators(commands)
    return parser


def _transfer(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = commands.add_parser("import", help="record the rows of a CSV or XLSX file")
    one.add_argument("file", type=Path)
    one.add_argument("--kind", choices=KINDS, required=True)
    one.add_argument("--mapping", type=Path, required=True, help="JSON that says which column is which field")
    one.add_argument("--dry-run", action="store_true", help="check the rows, record none")
    one.add_argument("--errors", type=Path, help="where refused rows go; FILE.errors.csv if not said")
    one.set_defaults(run=transfer.load)
    one = commands.add_parser("operation", help="follow an import that was started before")
    one.add_argument("id")
    one.add_argument("--errors", type=Path)
    one.set_defaults(run=transfer.operation)
    one = commands.add_parser("export", help="save a whole list as CSV")
    one.add_argument("list", choices=transfer.LISTS)
    one.add_argument("-o", "--output", type=Path, required=True)
    one.add_argument("--filter", action="append", default=[], metavar="NAME=VALUE", help="such as status=NEW")
    one.add_argument("--purpose", default="", help="what for: an export of many rows is asked for, and waited for")
    one.add_argument("--request", default="", metavar="ID", help="go on with one that was asked for before")
    one.set_defaults(run=transfer.save)


def _figures(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, help_text, run, days in (
        ("funnel", "deals by stage", figures.funnel, ("from", "to")),
        ("growth", "the growth formula", figures.growth, ("from", "to", "compare-from", "compare-to")),
        ("receivables", "what is owed, by age", figures.receivables, ("as-of", "from", "to")),
    ):
        one = commands.add_parser(name, help=help_text)
        for day in days:
            head, _, tail = day.partition("-")
            one.add_argument(f"--{day}", dest=head + tail.capitalize(), default="", metavar=DAY)
        if name == "funnel":
            one.add_argument("--process", default="")
        one.set_defaults(run=run)


def _operators(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("ops", help="operators' commands, on databases and broker themselves")
    parser.set_defaults(operator=True)
    inner = parser.add_subparsers(required=True, metavar="command")
    one = inner.add_parser("dead-letters", help="events that could not be applied")
    one.add_argument("what", choices=("list", "replay"))
    one.add_argument("service", choices=ops.SERVICES)
    one.add_argument("events", nargs="*", help="their ids; all if none is named")
    one.set_defaults(run=ops.dead_letters)
    one = inner.add_parser("rebuild", help="drop a projection and build it anew from events")
    one.add_argument("service", choices=ops.REBUILDABLE)
    one.add_argument("--tenant", default="", help="of this tenant only")
    one.set_defaults(run=ops.rebuild)
    one = inner.add_parser("republish", help="send a service's events again")
    one.add_argument("service", choices=ops.SERVICES)
    one.add_argument("--since", default="", help="such as 2026-11-01T00:00+08:00")
    one.set_defaults(run=ops.republish)
    one = inner.add_parser("reconcile", help="hold all services against each other; name, or repair, what differs")
    one.add_argument("--repair", action="store_true", help="put right what differs, from the owners")
    one.add_argument("--tenant", default="", help="of this tenant only")
    one.add_argument("--patience", type=float, default=30, help="seconds without change to wait for what is on its way")
    one.add_argument("--json", action="store_true")
    one.add_argument("--metrics", default="", metavar="FILE", help="for Prometheus' textfile collector")
    one.set_defaults(run=ops.reconcile)
    one = inner.add_parser("rekey", help="give tenants other keys while all runs (a quarter of an hour)")
    one.add_argument("what", choices=("begin", "go-on"))
    one.add_argument("service", choices=ops.KEYED)
    one.add_argument("--tenant", default="", help="this tenant only")
    one.set_defaults(run=ops.rekey)
    one = inner.add_parser("partners", help="systems of other companies that hear of a tenant's deals")
    one.add_argument("what", choices=("onboard", "rotate", "retire", "remove", "list", "users", "apply"))
    one.add_argument("tenant", nargs="?", default="")
    one.add_argument("name", nargs="?", default="")
    one.set_defaults(run=ops.partners)


if __name__ == "__main__":
    main()
