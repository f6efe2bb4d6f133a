"""What the demo shows when it is loaded: the funnel, the growth formula, the receivables, as the API answers them."""

import time
from collections.abc import Iterator
from typing import Any

from deploy.local.demo.api import Api, Failed

YEAR = {"from": "2017-01-01"}
QUARTERS = {"from": "2017-07-01", "to": "2017-10-01", "compareFrom": "2017-04-01", "compareTo": "2017-07-01"}
AS_OF = {"asOf": "2017-12-31", "from": "2017-10-01", "to": "2018-01-01"}
WON, OPEN = 4238, 2089
PATIENCE_S = 600


def await_counted(api: Api) -> None:
    """Wait until analytics has heard of everything that was loaded."""
    until = time.monotonic() + PATIENCE_S
    while not _counted(api):
        if time.monotonic() > until:
            raise Failed(f"analytics has not caught up within {PATIENCE_S} s")
        time.sleep(0.5)


def _counted(api: Api) -> bool:
    """The deals are known; of the receivables the books of contracts say how much there is."""
    flow = api("GET", "/v1/analytics/funnel", **YEAR, process="DEMO").get("flow", {})
    figures = api("GET", "/v1/analytics/receivables", **AS_OF)["figures"]
    books = api("GET", "/v1/receivables/aging", asOf=AS_OF["asOf"])["totals"]
    counted = [(one["open"], one["openInstalments"]) for one in figures]
    return (
        flow.get("won") == WON
        and flow.get("openTo") == OPEN
        and counted == [(one["amount"], one["instalments"]) for one in books]
    )


def show(api: Api) -> None:
    """Print them."""
    for line in lines(api):
        print(line, flush=True)


def lines(api: Api) -> Iterator[str]:
    """The figures, a line each."""
    yield from _funnel(api("GET", "/v1/analytics/funnel", **YEAR, process="DEMO"))
    yield from _growth(api("GET", "/v1/analytics/growth", **QUARTERS))
    yield from _receivables(api("GET", "/v1/analytics/receivables", **AS_OF))


def _funnel(funnel: Any) -> Iterator[str]:
    flow = funnel["flow"]
    rate = f"win rate {flow['winRate']:.2%}"
    yield f"Funnel, {funnel['from']} until now: {flow['won']:,} won, {flow['lost']:,} lost, {rate}"
    for stage in funnel["stages"]:
        worth = ", ".join(_money(amount) for amount in stage["amounts"])
        yield f"  {stage['stage']:<12} {stage['label']}  {stage['deals']:>6,} open   {worth}"


def _growth(growth: Any) -> Iterator[str]:
    yield "Growth formula, velocity = deals x win rate x amount / days:"
    for name, figures in (("2017 Q2", growth["compared"]), ("2017 Q3", growth["current"])):
        yield (
            f"  {name}  {figures['opened']:,} x {figures['winRate']:.2%} x {_money(figures['averageAmount'])} / "
            f"{figures['cycleDays']:.2f} days = {figures['velocity']:,.2f} a day"
        )
    drivers = {name: growth["logChange"][name] for name in ("opened", "winRate", "averageAmount", "cycleDays")}
    told = ", ".join(f"{name} {value:+.4f}" for name, value in drivers.items())
    yield f"  change (log) {growth['logChange']['velocity']:+.4f} = {told}"


def _receivables(receivables: Any) -> Iterator[str]:
    for one in receivables["figures"]:
        yield (
            f"Receivables at {receivables['asOf']}: {_money(one['open'])} open in {one['openInstalments']:,} "
            f"instalments; of {_money(one['due'])} due since {receivables['from']} {one['collectionRate']:.2%} is paid"
        )
        for bucket in one["buckets"]:
            yield f"  {bucket['bucket']:<14} {bucket['instalments']:>5,}   {_money(bucket['amount'])}"


def _money(money: Any) -> str:
    return f"{float(money['amount']):,.2f} {money['currency']}"
