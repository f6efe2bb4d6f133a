"""After the storm: what was acknowledged stands, once; all projections agree; all laws hold."""

import asyncio
import time
from collections import Counter
from decimal import Decimal
from typing import Any

from tests.chaos.load import Log, repeated
from tests.chaos.town import Arena

QUIET_S = 60
AFTER = {"NEW": {"NEW", "QUALIFIED", "CONVERTED"}, "QUALIFIED": {"QUALIFIED", "CONVERTED"}, "CONVERTED": {"CONVERTED"}}


async def quiet(arena: Arena, patience_s: float = QUIET_S) -> float:
    """Wait until no event waits any more; how long that took. What never comes is the reconciler's to name."""
    began = time.monotonic()
    while time.monotonic() - began < patience_s:
        try:
            if not await arena.lag():
                break
        except Exception as error:  # a server may just be coming back
            arena.note(f"(lag not known: {type(error).__name__})")
        await asyncio.sleep(0.5)
    return time.monotonic() - began


async def judged(arena: Arena, log: Log) -> list[str]:
    """What is wrong with the owners' rows, held against the log of acknowledgements; and with repetitions."""
    tenant = (await arena.query("leads", "SELECT tenant_id FROM leads WHERE id = $1", next(iter(log.leads))))[0][0]
    wrong = [f"I19: refused: {one}" for one in log.refused]
    leads = await _status(arena, "leads", "SELECT id::text, status FROM leads WHERE tenant_id = $1", tenant)
    deals = await _status(arena, "opportunities", "SELECT id::text, state FROM deals WHERE tenant_id = $1", tenant)
    contracts = await _status(arena, "contracts", "SELECT id::text, status FROM contracts WHERE tenant_id = $1", tenant)
    for kind, stands, told in (("deal", deals, log.deals), ("contract", contracts, log.contracts)):
        wrong += [_less(kind, one, stands.get(one), was) for one, was in told.items() if stands.get(one) != was]
    missed = {one: was for one, was in log.leads.items() if leads.get(one) not in AFTER[was]}
    wrong += [_less("lead", one, leads.get(one), was) for one, was in missed.items()]
    touched = await arena.query("timeline", "SELECT id::text FROM touchpoints WHERE tenant_id = $1", tenant)
    wrong += _once("lead", leads, log.leads, log) + _once("deal", deals, log.deals, log)
    wrong += _once("contract", contracts, log.contracts, log)
    wrong += _once("touchpoint", [row[0] for row in touched], log.touchpoints, log)
    wrong += await _money(arena, log, tenant)
    return wrong + await repeated(log)


def _less(kind: str, one: str, stands: str | None, told: str) -> str:
    return f"I1: {kind} {one} is {stands}, acknowledged {told}"


async def _status(arena: Arena, service: str, statement: str, tenant: Any) -> dict[str, str]:
    return {row[0]: row[1] for row in await arena.query(service, statement, tenant)}


def _once(kind: str, stands: Any, told: Any, log: Log) -> list[str]:
    """I1 and I2: every acknowledged command had its effect, none had two. An abandoned story may have left one more."""
    lost, more = set(told) - set(stands), set(stands) - set(told)
    found = [f"I1: {len(lost)} acknowledged {kind}s are gone: {sorted(lost)[:3]}"] if lost else []
    if len(more) > len(log.refused):
        found.append(f"I2: {len(more)} {kind}s stand that nobody was told of: {sorted(more)[:3]}")
    return found


async def _money(arena: Arena, log: Log, tenant: Any) -> list[str]:
    rows = await arena.query("contracts", "SELECT id::text, amount, status FROM receipts WHERE tenant_id = $1", tenant)
    wrong = _once("receipt", {row[0] for row in rows}, log.receipts, log)
    kept = {row[0]: (row[1], row[2] == "VOIDED") for row in rows}
    for one, (_, amount, voided) in log.receipts.items():
        if one in kept and kept[one] != (amount, voided):
            wrong.append(f"I1: receipt {one} is {kept[one]}, acknowledged {amount}, voided {voided}")
    statement = "SELECT contract_id::text, sum(paid) FROM instalments WHERE tenant_id = $1 GROUP BY 1"
    paid = {row[0]: row[1] for row in await arena.query("contracts", statement, tenant)}
    if not log.refused:
        for one, amount in log.paid().items():
            if paid.get(one, Decimal(0)) != amount:
                wrong.append(f"I10: contract {one} has {paid.get(one)} paid, acknowledged {amount}")
    return wrong


def findings(report: dict[str, Any]) -> list[str]:
    """The reconciler's findings, by check: how many, and the first."""
    counts = Counter(one["check"] for one in report["findings"])
    first = {one["check"]: one for one in reversed(report["findings"])}
    return [f"{check}: {n}, such as {first[check]}" for check, n in counts.items()]
