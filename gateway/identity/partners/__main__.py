"""Operators take partners on: `python -m gateway.identity.partners onboard TENANT NAME > acme.json`.

    onboard TENANT NAME    a new partner; prints its credentials, which nobody can read again
    rotate TENANT NAME     new keys; prints them; the last ones stay good beside them
    retire TENANT NAME     all keys but the newest end
    remove TENANT NAME     the partner reads no more
    list                   one line of JSON each
    users                  the file of their users at the broker
    apply                  bring the broker to what the database says

DEALTRAIL_MIGRATION_URL names the gateway's database, as the role that owns it; DEALTRAIL_NATS_URL the broker;
DEALTRAIL_PARTNERS_FILE the file that its account of partners includes; DEALTRAIL_NATS_SYSTEM_URL the broker as a user
who may reload it. Without the last two the file and the reload are somebody else's: `users` prints it. Every command
that changes something ends with what `apply` does, so that the next one mends what a crash left half done.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from nats.js.errors import NotFoundError

from gateway.identity.partners import operations, provisioning
from gateway.identity.partners.access import STREAM, User, users_file
from gateway.identity.partners.domain import NAME
from gateway.identity.system import PLATFORM, system
from gateway.identity.tenants import operations as tenants
from services.kit import streams
from services.kit.database import Database, Tx
from services.kit.errors import Problem
from services.kit.secrets import required, variable

CHANGES: dict[str, Callable[[Tx, str], Awaitable[operations.Secrets | None]]] = {
    "onboard": operations.onboard,
    "rotate": operations.rotate,
    "retire": operations.retire,
    "remove": operations.remove,
}

PRINTS: dict[str, Callable[[list[User]], str]] = {
    "list": lambda users: "".join(
        json.dumps({"tenant": user.tenant, "name": user.name, "keys": list(user.nkeys)}) + "\n" for user in users
    ),
    "users": users_file,
}


async def change(database: Database, what: str, tenant: str, name: str) -> operations.Secrets | None:
    """Carry out one of CHANGES in the database; what the partner must be told, if anything."""
    async with database.transaction(PLATFORM, read_only=True) as tx:
        known = await tenants.named(tx, tenant)
    if known is None:
        raise SystemExit(f"there is no tenant {tenant}")
    async with database.transaction(system(known.tenant_id)) as tx:
        return await CHANGES[what](tx, name)


async def apply(users: list[User]) -> None:
    """Bring the broker to what the database says: who is new can read before who is gone loses the consumer."""
    client = await streams.connect(required("DEALTRAIL_NATS_URL"), "operator")
    try:
        await provisioning.provide(client, users)
        if path := os.environ.get("DEALTRAIL_PARTNERS_FILE"):
            provisioning.write(Path(path), users)
        if url := variable("DEALTRAIL_NATS_SYSTEM_URL"):
            by = await streams.connect(url, "operator")
            told = await provisioning.reload(by)
            await by.close()
            sys.stderr.write(f"{told} servers of the broker have read their settings anew\n")
        await provisioning.withdraw(client, users)
    except NotFoundError:
        raise SystemExit("the stream of deals is not there yet: start the services, then `apply`") from None
    finally:
        await client.close()


async def _main(what: str, tenant: str, name: str) -> None:
    database = await Database.connect(required("DEALTRAIL_MIGRATION_URL"), 1)
    try:
        told = await change(database, what, tenant, name) if what in CHANGES else None
        users = await operations.users(database)
    except Problem as refusal:
        raise SystemExit(str(refusal)) from None
    finally:
        await database.close()
    if what in PRINTS:
        sys.stdout.write(PRINTS[what](users))
        return
    if told:
        user = next(one for one in users if (one.tenant, one.name) == (tenant, name))
        sys.stdout.write(json.dumps(credentials(user, told), indent=2) + "\n")
        sys.stdout.flush()
    await apply(users)


def credentials(user: User, told: operations.Secrets) -> dict[str, str]:
    """What the partner is handed."""
    broker = urlsplit(os.environ.get("DEALTRAIL_PARTNERS_NATS_URL") or required("DEALTRAIL_NATS_URL"))
    return {
        "server": f"{broker.scheme}://{broker.hostname}:{broker.port or 4222}",
        "nkeySeed": told.nkey_seed,
        "inboxPrefix": user.inbox,
        "stream": STREAM,
        "consumer": user.durable,
        "apiKey": told.api_key,
    }


def main() -> None:
    """Do one thing."""
    parser = argparse.ArgumentParser(prog="python -m gateway.identity.partners", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", choices=[*CHANGES, *PRINTS, "apply"])
    parser.add_argument("tenant", nargs="?", default="")
    parser.add_argument("name", nargs="?", default="")
    given = parser.parse_args()
    if given.what in CHANGES and not NAME.fullmatch(given.name):
        parser.error("name a tenant and a partner: 2 to 32 small letters, digits and dashes")
    asyncio.run(_main(given.what, given.tenant, given.name))


if __name__ == "__main__":
    main()
