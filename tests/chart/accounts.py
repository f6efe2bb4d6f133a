"""Whether the broker's accounts are those that the code writes: what they offer each other, what partners may use."""

import json
import re
from collections.abc import Iterator
from typing import Any

from deploy.helm.users import permissions
from gateway.identity.partners.access import LIMITS, OWN, PARTNERS, SYSTEM, exports, imports
from tests.chart.helm import Object, of_kind, pods

SETTINGS, PARTNERS_FILE = "nats.conf", "partners.conf"
ACCOUNT = re.compile(r"^  (\w+) \{$(.*?)^  \}$", re.DOTALL | re.MULTILINE)
WANTED = ((OWN, "exports", exports()), (PARTNERS, "imports", imports()), (PARTNERS, "limits", LIMITS))


def faults(objects: list[Object]) -> list[str]:
    """What would let partners do more or less than they should; nothing without a server."""
    for one in of_kind(objects, "ConfigMap"):
        if text := one["data"].get(SETTINGS):
            return [*_accounts(text), *_partners(one["metadata"]["name"], objects)]
    return []


def accounts(text: str) -> dict[str, str]:
    """What a server's settings say of each account."""
    return dict(ACCOUNT.findall(text.partition("\naccounts {")[2]))


def _accounts(text: str) -> Iterator[str]:
    known = accounts(text)
    if f"\nsystem_account: {SYSTEM}\n" not in text:
        yield "nobody may reload the broker"
    if set(known) != {OWN, PARTNERS, SYSTEM}:
        yield f"has the accounts {sorted(known)}"
    for account, what, wanted in WANTED:
        if (found := _said(known.get(account, ""), what)) != wanted:
            yield f"the {what} of {account} are {found}"
    for account, said in known.items():
        if account != OWN and ("jetstream" in said or permissions(said)):
            yield f"{account} has what is {OWN}'s"
    if known.get(PARTNERS, "").count(f'\n    include "{PARTNERS_FILE}"\n') != 1:
        yield f"{PARTNERS} does not include {PARTNERS_FILE}"


def _said(account: str, what: str) -> Any:
    found = re.search(rf"^    {what}: (.*)$", account, re.MULTILINE)
    return json.loads(found[1]) if found else None


def _partners(settings: str, objects: list[Object]) -> Iterator[str]:
    """Who is a partner lies beside the settings, in a ConfigMap of its own; what watches it may tell the server."""
    maps = {one["metadata"]["name"]: one for one in of_kind(objects, "ConfigMap")}
    for whose, _, spec in pods(objects):
        for volume in spec.get("volumes", []):
            sources = [
                source["configMap"]["name"]
                for source in volume.get("projected", {}).get("sources", [])
                if "configMap" in source
            ]
            if settings not in sources:
                continue
            beside = [maps[name] for name in sources if name != settings and name in maps]
            if not any(one["data"].get(PARTNERS_FILE) == "users: []\n" for one in beside):
                yield f"{whose} starts without {PARTNERS_FILE}"
            if not any(f"/etc/nats/{PARTNERS_FILE}" in one["command"] for one in spec["containers"]):
                yield f"{whose} does not see that {PARTNERS_FILE} changes"
            if not spec.get("shareProcessNamespace"):
                yield f"{whose} cannot be told that {PARTNERS_FILE} has changed"
