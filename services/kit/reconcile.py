"""Services held against each other: every projection says what the owners say, and the owners' laws hold.

    python -m services.kit.reconcile [--repair] [--tenant ID] [--patience SECONDS] [--json] [--metrics FILE]

DEALTRAIL_MIGRATION_URLS names the databases as the role that owns them, each as `service=URL`, with
spaces between; DEALTRAIL_NATS_URL the broker, which only --repair needs. It may run while all serves.
Exit code 0: nothing differs (any more); 1: something does, each thing named; 2: it could not be looked at.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from services.kit.compare import Comparison, Difference, Row, Site, comparisons
from services.kit.facts import declared

PATIENCE_S = 30.0
PAUSE_S = 0.5
# The first of each tenant, and the first beyond it: however many events a tenant has.
TENANTS = """WITH RECURSIVE known AS (
  (SELECT tenant_id FROM outbox ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT tenant_id FROM outbox WHERE tenant_id > known.tenant_id ORDER BY tenant_id LIMIT 1)
  FROM known WHERE known.tenant_id IS NOT NULL
) SELECT tenant_id FROM known WHERE tenant_id IS NOT NULL"""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it must be. `here` is what the named service has, `there` what the owner has."""

    tenant_id: UUID
    check: str
    id: UUID
    here: Row | str | None
    there: Row | None = None


@dataclass
class Report:
    """What was looked at, what differs, and what was done about it."""

    seconds: float = 0.0
    compared: dict[str, int] = field(default_factory=dict)
    """Rows by check, over all tenants."""
    laws: int = 0
    findings: list[Finding] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)


async def open_sites(urls: dict[str, str]) -> dict[str, Site]:
    """Each service's database with what the service declares."""
    return {name: Site(name, declared(name), await asyncpg.connect(url)) for name, url in urls.items()}


async def close_sites(sites: dict[str, Site]) -> None:
    """Give the connections back."""
    for site in sites.values():
        await site.connection.close()


async def tenants(sites: dict[str, Site]) -> list[UUID]:
    """All of which any service has told anything."""
    found = {row["tenant_id"] for site in sites.values() for row in await site.connection.fetch(TENANTS)}
    return sorted(found)


async def reconcile(sites: dict[str, Site], chosen: Iterable[UUID], patience_s: float = PATIENCE_S) -> Report:
    """Look at these tenants. What is only on its way is waited for, as long as it keeps coming."""
    began = time.monotonic()
    report = Report()
    checks = comparisons(sites)
    for tenant_id in chosen:
        for check, found in await _settled(checks, tenant_id, patience_s):
            report.findings += [Finding(tenant_id, check.name, one.id, one.here, one.there) for one in found]
        for check in checks:
            report.compared[check.name] = report.compared.get(check.name, 0) + check.compared
        for site in sites.values():
            for law in site.facts.laws:
                rows = await site.read(tenant_id, law.broken)
                report.findings += [
                    Finding(tenant_id, f"{site.name}: {law.name}", row["id"], row["detail"]) for row in rows
                ]
    report.laws = sum(len(site.facts.laws) for site in sites.values())
    report.seconds = time.monotonic() - began
    return report


async def _settled(
    checks: Sequence[Comparison], tenant_id: UUID, patience_s: float
) -> list[tuple[Comparison, list[Difference]]]:
    """What differs and goes on differing while nothing has changed for `patience_s`."""
    left = [(check, await check.differences(tenant_id)) for check in checks]
    known = sum(len(found) for _, found in left)
    end = time.monotonic() + patience_s
    while known and time.monotonic() < end:
        await asyncio.sleep(PAUSE_S)
        left = [(check, await check.still(tenant_id, found) if found else []) for check, found in left]
        now = sum(len(found) for _, found in left)
        if now < known:
            known, end = now, time.monotonic() + patience_s
    return left


def summary(report: Report) -> dict[str, Any]:
    """The report as JSON has it."""
    return {
        "seconds": round(report.seconds, 2),
        "compared": report.compared,
        "laws": report.laws,
        "findings": [
            {"tenant": one.tenant_id, "check": one.check, "id": one.id, "here": one.here, "there": one.there}
            for one in report.findings
        ],
        "repairs": report.repairs,
    }


def lines(report: Report) -> list[str]:
    """The report for people: what was done, then each thing that differs."""
    found = [*report.repairs]
    for one in report.findings:
        what = one.here if isinstance(one.here, str) else _unlike(one.here, one.there)
        found.append(f"{one.check}: {one.id} of tenant {one.tenant_id}: {what}")
    rows = sum(report.compared.values())
    took = f"{len(report.compared)} comparisons of {rows} rows, {report.laws} laws, {report.seconds:.1f} s"
    return [*found, f"{len(report.findings)} differences in {took}"]


def _unlike(here: Row | None, there: Row | None) -> str:
    if here is None:
        return "missing here" + (f", version {there['version']} at the owner" if there and "version" in there else "")
    if there is None:
        return "here, and its owner knows nothing of it"
    return "; ".join(f"{name} {here[name]} here, {there[name]} there" for name in here if here[name] != there[name])


def metrics(report: Report, checks: Iterable[str]) -> str:
    """For the textfile collector of Prometheus: how much differs by check, and when it was looked at."""
    counts = dict.fromkeys(checks, 0)
    for one in report.findings:
        counts[one.check] = counts.get(one.check, 0) + 1
    rows = [f'dealtrail_projection_mismatch{{check="{name}"}} {count}\n' for name, count in sorted(counts.items())]
    head = "# HELP dealtrail_projection_mismatch Rows that differ from what their owner says, by check.\n"
    last = "dealtrail_reconciliation_last_run_timestamp_seconds"
    head += "# TYPE dealtrail_projection_mismatch gauge\n"
    return f"{head}{''.join(rows)}# TYPE {last} gauge\n{last} {time.time():.0f}\n"


if __name__ == "__main__":
    from services.kit.repair import main

    main()
