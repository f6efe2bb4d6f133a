"""All Secrets that the chart expects, as manifests: made up once in a folder, then always the same.

    python -m deploy.cluster.secrets FOLDER --database HOST[:PORT] --nats HOST[:PORT] | kubectl apply -f -

Keep the folder as you keep other secrets: it is what a second cluster with the same data needs. To change a password,
remove its file, run this again, change it on the server too, and restart the deployments.
"""

import argparse
import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.local.keys import MASTER_KEYS, PRIVATE_KEYS, PUBLIC_KEYS, master_keys, secret, signing_keys
from deploy.local.roles import ROLES, Access, access, database_of

SERVICES = ("leads", "opportunities", "contracts", "timeline", "analytics", "gateway")
OPERATOR, SYSTEM = "operator", "system"
"""Users of the broker besides the services: who looks after the events, and who looks after its servers."""


def manifests(folder: Path, database: str, nats: str) -> list[dict[str, Any]]:
    """The Secrets; `database` and `nats` are host:port."""
    signing_keys(folder)
    master_keys(folder)
    keys = {name: (folder / name).read_text() for name in (PRIVATE_KEYS, PUBLIC_KEYS, MASTER_KEYS)}
    found = [_secret("dealtrail-keys", keys | {"page-tokens": secret(folder, "page_tokens")})]
    for role in ROLES:
        login = {"username": role, "password": secret(folder, role)}
        found.append(_secret(role.replace("_", "-"), login, "kubernetes.io/basic-auth"))
    for service in SERVICES:
        ways = _ways(folder, database, service)
        told = {"database-url": ways.app, "relay-database-url": ways.relay, "nats-url": _nats(folder, nats, service)}
        found.append(_secret(f"dealtrail-{service}", told))
        found.append(_secret(f"dealtrail-{service}-owner", {"uri": ways.owner}))
    users = (*SERVICES, OPERATOR, SYSTEM)
    passwords = {f"NATS_PASSWORD_{user.upper()}": _nats_password(folder, user) for user in users}
    found.append(_secret("dealtrail-nats", passwords))
    found.append(_secret("dealtrail-operator", {"nats-url": _nats(folder, nats, OPERATOR)}))
    found.append(_secret("dealtrail-helm-test", {"password": secret(folder, "helm_test")}))
    return found


def _ways(folder: Path, database: str, service: str) -> Access:
    return access(f"postgresql://{database}/", folder, database_of(service))


def _nats(folder: Path, nats: str, user: str) -> str:
    return f"nats://{user}:{_nats_password(folder, user)}@{nats}"


def _nats_password(folder: Path, user: str) -> str:
    # Never like a number: nats-server reads its variables as it reads its settings.
    return f"p{secret(folder, f'nats_{user}')}"


def _secret(name: str, content: Mapping[str, str], kind: str = "Opaque") -> dict[str, Any]:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in content.items()}
    labels = {"app.kubernetes.io/part-of": "dealtrail"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels},
        "type": kind,
        "data": data,
    }


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(prog="python -m deploy.cluster.secrets", description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", default="dealtrail-database-rw:5432", metavar="HOST:PORT")
    parser.add_argument("--nats", default="dealtrail-nats:4222", metavar="HOST:PORT")
    given = parser.parse_args()
    found = {"apiVersion": "v1", "kind": "List", "items": manifests(given.folder, given.database, given.nats)}
    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
