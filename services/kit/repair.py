"""What differs from its owner is put right from the owner's outbox; and the command that looks and repairs."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
from nats.aio.client import Client

from services.kit import deadletters, streams
from services.kit.compare import Site, comparisons
from services.kit.facts import Copied
from services.kit.rebuild import rebuild
from services.kit.reconcile import (
    PATIENCE_S,
    Finding,
    Report,
    close_sites,
    lines,
    metrics,
    open_sites,
    reconcile,
    summary,
    tenants,
)
from services.kit.republish import republish_events
from services.kit.secrets import required

ROUNDS = 3
"""Events; then rows that differ although their events are there; then events that this showed to be missing."""
SET_ASIDE = "SELECT event_id FROM dead_letters WHERE tenant_id = $1 AND event_id = ANY($2)"
OF_AGGREGATES = "SELECT event_id FROM outbox WHERE tenant_id = $1 AND aggregate_id = ANY($2) ORDER BY id"
UNREAD = "DELETE FROM inbox WHERE tenant_id = $1 AND consumer = $2 AND event_id = ANY($3)"


async def repaired(
    sites: dict[str, Site], chosen: list[UUID], client: Client, patience_s: float = PATIENCE_S
) -> Report:
    """Look; put right what differs; look again. What is left is not the owners' to repair: laws, and unknown ids."""
    done: list[str] = []
    report = await reconcile(sites, chosen, patience_s)
    for _ in range(ROUNDS):
        steps = [step for tenant_id in chosen for step in await _repair(sites, tenant_id, client, report.findings)]
        if not steps:
            break
        done += steps
        before, report = report, await reconcile(sites, chosen, patience_s)
        if report.findings == before.findings:
            break  # the owner itself says what its events do not
    report.repairs = done
    return report


async def _repair(sites: dict[str, Site], tenant_id: UUID, client: Client, findings: list[Finding]) -> list[str]:
    """One round for one tenant; what was done."""
    ours = [one for one in findings if one.tenant_id == tenant_id]
    steps = []
    for site in sites.values():
        inbox = [one.id for one in ours if one.check == f"{site.name} inbox" and one.here is None]
        if inbox:
            steps.append(await _offer(sites, site, tenant_id, client, inbox))
            continue  # rows may differ for no other reason
        differing = [
            (one, [found.id for found in ours if found.check == f"{site.name} follows {one.owner}.{one.kind}"])
            for one in site.facts.copied
        ]
        for one, ids in differing:
            if ids and one.forget:
                steps.append(await _forget(sites, site, tenant_id, client, one, ids))
        effects = {f"{site.name} {one.what}" for one in site.facts.applied}
        whole = any(ids and not one.forget for one, ids in differing) or any(one.check in effects for one in ours)
        if whole and site.facts.projection and site.facts.subscriptions:
            await rebuild(site.connection, client, site.facts.subscriptions, site.facts.projection, tenant_id)
            steps.append(f"{site.name}: projection of tenant {tenant_id} dropped and built anew")
    return steps


async def _offer(sites: dict[str, Site], site: Site, tenant_id: UUID, client: Client, events: list[UUID]) -> str:
    """Events that are not in the inbox are offered again: dead letters from where they lie, all else by its owner."""
    aside = {row["event_id"] for row in await site.connection.fetch(SET_ASIDE, tenant_id, events)}
    replayed = await deadletters.replay(site.connection, client, aside) if aside else 0
    lost = [event for event in events if event not in aside]
    sent = sum([await republish_events(owner.connection, client, lost) for owner in sites.values()])
    return f"{site.name}: {sent} events of tenant {tenant_id} published again, {replayed} dead letters replayed"


async def _forget(
    sites: dict[str, Site], site: Site, tenant_id: UUID, client: Client, one: Copied, ids: list[UUID]
) -> str:
    """Rows are forgotten together with their events, and told again by their owner."""
    assert one.forget
    assert site.facts.subscriptions
    table, column = one.forget
    owner = sites[one.owner].connection
    events = [row["event_id"] for row in await owner.fetch(OF_AGGREGATES, tenant_id, ids)]
    async with site.connection.transaction():
        await site.connection.execute(f"SET LOCAL app.tenant = '{tenant_id}'")
        await site.connection.execute(f"DELETE FROM {table.name} WHERE {column} = ANY($1)", ids)  # noqa: S608 - ours
        await site.connection.execute(UNREAD, tenant_id, site.facts.subscriptions.name, events)
    await republish_events(owner, client, events)
    return f"{site.name}: {len(ids)} rows of {table.name} of tenant {tenant_id} told anew by {one.owner}"


async def _main(given: argparse.Namespace) -> int:
    urls = dict(entry.split("=", 1) for entry in os.environ["DEALTRAIL_MIGRATION_URLS"].split())
    sites = await open_sites(urls)
    try:
        chosen = [given.tenant] if given.tenant else await tenants(sites)
        if given.repair:
            client = await streams.connect(required("DEALTRAIL_NATS_URL"), "operator")
            report = await repaired(sites, chosen, client, given.patience)
            await client.drain()
        else:
            report = await reconcile(sites, chosen, given.patience)
    finally:
        await close_sites(sites)
    text = orjson.dumps(summary(report), default=str).decode() if given.json else "\n".join(lines(report))
    sys.stdout.write(f"{text}\n")
    if given.metrics:
        fresh = given.metrics.with_suffix(".new")  # a collector that reads now must not see half of it
        fresh.write_text(metrics(report, (one.name for one in comparisons(sites))))
        fresh.rename(given.metrics)
    return 1 if report.findings else 0


def main() -> None:
    """Reconcile."""
    parser = argparse.ArgumentParser(prog="python -m services.kit.reconcile", description=__doc__)
    parser.add_argument("--repair", action="store_true", help="put right what differs, from the owners' outboxes")
    parser.add_argument("--tenant", type=UUID, help="look at this tenant only")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, help="seconds without change to wait for copies")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write what differs for Prometheus' textfiles")
    try:
        sys.exit(asyncio.run(_main(parser.parse_args())))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, KeyError, ValueError) as error:
        sys.stderr.write(f"cannot be looked at: {error!r}\n")
        sys.exit(2)
