"""The numbers as tables: funnel, growth formula, receivables, and who one is."""

import argparse
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from gateway.cli.session import Session
from gateway.cli.words import language, say


def whoami(session: Session, console: Console, given: argparse.Namespace) -> int:
    """`dealtrail whoami`."""
    del given
    me = session("GET", "/v1/me")
    table = _table("", ("Who", "left"), ("Role", "left"), ("Tenant", "left"))
    table.add_row(f"{me['displayName']} ({me['username']})", me["role"], f"{me['tenantDisplayName']} ({me['tenant']})")
    console.print(table)
    return 0


def funnel(session: Session, console: Console, given: argparse.Namespace) -> int:
    """`dealtrail funnel`."""
    found = session("GET", "/v1/analytics/funnel", params=_asked(given, "from", "to", "process"))
    title = say("Funnel from {begin} to {end}", begin=found["from"], end=found["to"])
    table = _table(title, ("Stage", "left"), ("Open deals", "right"), ("Amount", "right"))
    for stage in found["stages"]:
        name = stage["label"] if language() == "zh" and stage["label"] else stage["stage"]
        table.add_row(name, f"{stage['deals']:,}", _moneys(stage["amounts"]))
    flow = found.get("flow", {})
    console.print(table)
    if "winRate" in flow:
        told = {"Won": f"{flow['won']:,}", "Lost": f"{flow['lost']:,}", "Win rate": f"{flow['winRate']:.2%}"}
        console.print("  ".join(f"{say(name)} {value}" for name, value in told.items()))
    return 0


def growth(session: Session, console: Console, given: argparse.Namespace) -> int:
    """`dealtrail growth`."""
    found = session("GET", "/v1/analytics/growth", params=_asked(given, "from", "to", "compareFrom", "compareTo"))
    table = _table(
        say("Growth formula"),
        ("Period", "left"),
        ("Deals opened", "right"),
        ("Win rate", "right"),
        ("Average amount", "right"),
        ("Cycle, days", "right"),
        ("A day", "right"),
    )
    for figures in filter(None, (found.get("compared"), found["current"])):
        table.add_row(
            f"{figures['from']} – {figures['to']}",
            f"{figures['opened']:,}",
            f"{figures['winRate']:.2%}" if "winRate" in figures else "",
            _moneys([figures["averageAmount"]] if "averageAmount" in figures else []),
            f"{figures['cycleDays']:.2f}" if "cycleDays" in figures else "",
            f"{figures['velocity']:,.2f}" if "velocity" in figures else "",
        )
    if change := found.get("relativeChange"):
        names = ("opened", "winRate", "averageAmount", "cycleDays", "velocity")
        table.add_row(say("Change"), *(f"{change[name]:+.1%}" if name in change else "" for name in names))
    console.print(table)
    return 0


def receivables(session: Session, console: Console, given: argparse.Namespace) -> int:
    """`dealtrail receivables`."""
    found = session("GET", "/v1/analytics/receivables", params=_asked(given, "asOf", "from", "to"))
    for one in found["figures"]:
        title = say("Receivables at {day}, {currency}", day=found["asOf"], currency=one["open"]["currency"])
        table = _table(title, ("Past due", "left"), ("Instalments", "right"), ("Amount", "right"))
        for bucket in one["buckets"]:
            table.add_row(bucket["bucket"], f"{bucket['instalments']:,}", _moneys([bucket["amount"]]))
        table.add_section()
        table.add_row(say("open"), f"{one['openInstalments']:,}", _moneys([one["open"]]))
        console.print(table)
        if "collectionRate" in one:
            rate = f"{one['collectionRate']:.2%}"
            console.print(say("of what fell due since {begin}, {rate} is paid", begin=found["from"], rate=rate))
    if not found["figures"]:
        console.print(say("nothing"))
    return 0


def _asked(given: argparse.Namespace, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := getattr(given, name, ""))}


def _table(title: str, *columns: tuple[str, Any]) -> Table:
    table = Table(title=title or None, title_justify="left")
    for name, justify in columns:
        table.add_column(say(name), justify=justify)
    return table


def _moneys(moneys: Iterable[dict[str, str]]) -> str:
    return ", ".join(f"{float(money['amount']):,.2f} {money['currency']}" for money in moneys)
