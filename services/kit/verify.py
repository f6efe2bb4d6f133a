"""The audit log's verifier: whether every entry stands as it was sealed, none is missing, none was added.

    python -m services.kit.verify log [--heads FILE]     says per tenant "whole", or the first broken entry
    python -m services.kit.verify heads                  one line of JSON a tenant, to be kept elsewhere

A chain that was cut at its end verifies by itself; only a head kept elsewhere shows the cut. FILE
holds such lines, from `heads` or from the services' logs. It ends with 1 if anything is wrong.
DEALTRAIL_MIGRATION_URL names the service's database, as the role that owns it;
DEALTRAIL_TOKEN_SECRET the file with the installation's secret.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.kit.notary import COLUMNS, chain_key, seal
from services.kit.secrets import read_secret, required

ENTRIES = f"""SELECT {COLUMNS}, number, seal FROM audit WHERE number IS NOT NULL
ORDER BY tenant_id, number"""  # noqa: S608 - names of ours
WAITING = """SELECT tenant_id, id, at FROM audit WHERE number IS NULL AND at < now() - $1::interval
ORDER BY at LIMIT 1"""
LATEST = "SELECT DISTINCT ON (tenant_id) tenant_id, number, seal FROM audit WHERE number IS NOT NULL ORDER BY 1, 2 DESC"
SEALED_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong with a tenant's log."""

    tenant: UUID
    number: int
    """The entry's number; 0 if it has none."""
    what: str

    def __str__(self) -> str:
        return f"{self.tenant}: entry {self.number}: {self.what}"


Heads = Mapping[UUID, Mapping[int, str]]
"""Per tenant seals that were seen before, by number, in hexadecimal."""


async def verify(connection: Any, secret: bytes, known: Heads) -> tuple[dict[UUID, int], list[Fault]]:
    """How many entries each tenant's chain has, and the first fault of each chain that is broken."""
    key = chain_key(secret)
    lengths: dict[UUID, int] = {}
    seals: dict[UUID, bytes] = {}
    broken: dict[UUID, Fault] = {}
    async for row in _sealed(connection):
        tenant = row["tenant_id"]
        if tenant in broken:
            continue
        number = lengths.get(tenant, 0) + 1
        if fault := _fault(key, seals.get(tenant, b""), number, row, known.get(tenant, {})):
            broken[tenant] = fault
            continue
        lengths[tenant], seals[tenant] = number, row["seal"]
    for tenant, expected in known.items():
        last = max(expected)
        if tenant not in broken and lengths.get(tenant, 0) < last:
            broken[tenant] = Fault(tenant, lengths.get(tenant, 0) + 1, f"is missing, and so is all up to {last}")
    waiting = await connection.fetchrow(WAITING, SEALED_WITHIN)
    faults = list(broken.values())
    if waiting:
        faults.append(Fault(waiting["tenant_id"], 0, f"{waiting['id']} of {waiting['at']} was never sealed"))
    return lengths, faults


def _fault(key: bytes, before: bytes, number: int, row: Any, known: Mapping[int, str]) -> Fault | None:
    if row["number"] != number:
        return Fault(row["tenant_id"], number, f"is missing; the next is {row['number']}")
    if row["seal"] != seal(key, before, number, row):
        return Fault(row["tenant_id"], number, f"{row['id']} is not what was sealed")
    if known.get(number, row["seal"].hex()) != row["seal"].hex():
        return Fault(row["tenant_id"], number, f"{row['id']} is sealed otherwise than when its head was kept")
    return None


async def _sealed(connection: Any) -> AsyncIterator[Any]:
    async with connection.transaction():
        async for row in connection.cursor(ENTRIES, prefetch=2000):
            yield row


async def kept(connection: Any) -> list[dict[str, Any]]:
    """The newest sealed entry of each tenant."""
    rows = await connection.fetch(LATEST)
    return [{"tenant": str(row[0]), "number": row[1], "seal": row[2].hex()} for row in rows]


def read_heads(lines: Iterable[str]) -> Heads:
    """The heads in lines of JSON; lines about other things are skipped, so that a log can be given as it is."""
    heads: dict[UUID, dict[int, str]] = {}
    for line in lines:
        try:
            told = orjson.loads(line)
            heads.setdefault(UUID(told["tenant"]), {})[int(told["number"])] = told["seal"]
        except (ValueError, KeyError, TypeError):
            continue
    return heads


async def _main(what: str, secret: bytes, known: Heads) -> int:
    connection = await asyncpg.connect(required("DEALTRAIL_MIGRATION_URL"))
    try:
        if what == "heads":
            for head in await kept(connection):
                sys.stdout.write(orjson.dumps(head).decode() + "\n")
            return 0
        lengths, faults = await verify(connection, secret, known)
    finally:
        await connection.close()
    for tenant, length in lengths.items():
        if all(fault.tenant != tenant for fault in faults):
            sys.stdout.write(f"{tenant}: whole, {length} entries\n")
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults else 0


def main() -> None:
    """Verify the log or print its heads."""
    parser = argparse.ArgumentParser(prog="python -m services.kit.verify", description=__doc__)
    parser.add_argument("what", choices=["log", "heads"])
    parser.add_argument("--heads", type=Path, help="lines of JSON with heads that were kept before")
    given = parser.parse_args()
    secret = read_secret(os.environ["DEALTRAIL_TOKEN_SECRET"])
    known = read_heads(given.heads.read_text().splitlines()) if given.heads else {}
    sys.exit(asyncio.run(_main(given.what, secret, known)))


if __name__ == "__main__":
    main()
