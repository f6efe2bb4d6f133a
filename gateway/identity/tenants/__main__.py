"""Operators make tenants: `python -m gateway.identity.tenants create demo --boss-password-stdin < password`."""

import argparse
import asyncio
import re
import sys

from gateway.identity.passwords import Passwords
from gateway.identity.system import PLATFORM, system
from gateway.identity.tenants import operations as tenants
from gateway.identity.tenants.domain import Tenant
from gateway.identity.users.domain import Role, User, sign_in_name
from gateway.identity.users.operations import Newcomers
from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.secrets import required

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")
SHORTEST_PASSWORD = 8


async def create(database: Database, name: str, display_name: str, boss: str, password: str) -> bool:
    """Make the tenant and its first boss; False if there is a tenant of that name, which stays as it is."""
    async with database.transaction(PLATFORM, read_only=True) as tx:
        if await tenants.named(tx, name):
            return False
    passwords = Passwords()
    [password_hash] = await passwords.hashes([password])
    passwords.close()
    tenant_id = new_id()
    async with database.transaction(system(tenant_id)) as tx:
        await tenants.create(tx, Tenant(tenant_id, name, display_name, tx.now))
        newcomers = await Newcomers.begin(tx, [boss])
        user = User(new_id(), sign_in_name(boss), boss, Role.BOSS, None, tx.now, tx.now, tx.now)
        await newcomers.add([(newcomers.check(user), password_hash)])
    return True


async def _main(arguments: argparse.Namespace, password: str) -> None:
    database = await Database.connect(required("DEALTRAIL_DATABASE_URL"), 1)
    try:
        display_name = arguments.display_name or arguments.name
        made = await create(database, arguments.name, display_name, arguments.boss, password)
    finally:
        await database.close()
    sys.stdout.write(
        f"tenant {arguments.name} is made; {arguments.boss} may sign in\n"
        if made
        else f"tenant {arguments.name} is there already and stays as it is\n"
    )


def main() -> None:
    """DEALTRAIL_DATABASE_URL is the gateway's database. A tenant that is there already is no error."""
    parser = argparse.ArgumentParser(prog="python -m gateway.identity.tenants", description=main.__doc__)
    creating = parser.add_subparsers(required=True, metavar="command").add_parser("create", help="make a tenant")
    creating.add_argument("name", help="what people type when they sign in: small letters, digits, dashes")
    creating.add_argument("--display-name", help="the name as people read it")
    creating.add_argument("--boss", default="boss", metavar="USERNAME", help="who may do everything in it")
    creating.add_argument("--boss-password-stdin", action="store_true", required=True, help="read the password there")
    arguments = parser.parse_args()
    password = sys.stdin.readline().rstrip("\n")
    if not NAME.fullmatch(arguments.name):
        parser.error("a tenant's name has 2 to 63 small letters, digits and dashes")
    if len(password) < SHORTEST_PASSWORD:
        parser.error(f"the password needs {SHORTEST_PASSWORD} characters")
    asyncio.run(_main(arguments, password))


if __name__ == "__main__":
    main()
