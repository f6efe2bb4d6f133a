"""What of the chart is written from elsewhere: the table of values, the broker's accounts, the example for NATS' chart.

python -m deploy.helm.values        write all anew
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from gateway.identity.partners.access import LIMITS, OWN, PARTNERS, SYSTEM, exports, imports

CHART = Path(__file__).parent / "dealtrail"
README = CHART / "README.md"
ACCOUNTS = CHART / "charts" / "nats" / "files" / "accounts.yaml"
NATS = CHART / "examples" / "nats.yaml"
BEGIN, END = "<!-- values -->\n", "<!-- end of values -->\n"
SERVICE = "services.leads"
"""Stands for all services in the table."""

Schema = dict[str, Any]


def table() -> str:
    """One row a value: name, type, default, meaning."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    rows = ["| value | type | default | meaning |", "|---|---|---|---|"]
    for name, found, value in _leaves(schema, schema, values, ""):
        meaning = found.get("description", "")
        rows.append(f"| `{name}` | {_type(found)} | `{json.dumps(value)}` | {meaning} |".replace("`null`", "–"))
    return "\n".join(rows) + "\n"


def readme() -> str:
    """The README with the table of now."""
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def _leaves(root: Schema, one: Schema, value: Any, path: str) -> Iterator[tuple[str, Schema, Any]]:
    one = _resolved(root, one)
    properties = {} if "description" in one and not path else one.get("properties", {})
    for name, known in properties.items():
        inner = _resolved(root, known)
        place = f"{path}{name}"
        if place.startswith("services.") and not place.startswith(SERVICE):
            continue
        shown = place.replace(SERVICE, "services.*")
        given = value.get(name) if isinstance(value, dict) else None
        if inner.get("properties") and inner.get("type") == "object" and name != "resources":
            yield from _leaves(root, inner, given, f"{place}.")
        elif "description" in inner and name != "global":
            yield shown, inner, given


def _resolved(root: Schema, one: Schema | bool) -> Schema:
    if isinstance(one, bool):
        return {}
    found = dict(one)
    for part in [found.pop("$ref", ""), *(entry["$ref"] for entry in found.pop("allOf", []))]:
        if part:
            known = _resolved(root, root["definitions"][part.rpartition("/")[2]])
            described = known.get("properties", {}) | {
                name: inner for name, inner in found.get("properties", {}).items() if inner is not True
            }
            found = known | found | ({"properties": described} if described else {})
    return found


def _type(found: Schema) -> str:
    if "enum" in found:
        return ", ".join(map(str, found["enum"]))
    kind = found.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def accounts() -> str:
    """What the accounts of the evaluation server offer each other and may use."""
    found = {"exports": exports(), "imports": imports(), "limits": LIMITS}
    return ACCOUNTS_HEAD + _yaml(found)


def nats() -> str:
    """Values for the official NATS chart: three nodes, every write on disk, our users and accounts."""
    return HEAD + _yaml({"config": _config()})


ACCOUNTS_HEAD = """# What the accounts of the broker offer each other: written by `python -m deploy.helm.values` from
# gateway/identity/partners/access.py, which explains it.
"""
HEAD = """# Three NATS servers by the official chart: `helm install dealtrail-nats nats/nats --values nats.yaml`.
# Written by `python -m deploy.helm.values` from the users of the evaluation server.
# Dealtrail itself then takes `config.streamReplicas: 3`, so that each of the three keeps every stream.
fullnameOverride: dealtrail-nats
container:
  env:
    GOMEMLIMIT: 1GiB
  merge:
    envFrom: [{secretRef: {name: dealtrail-nats}}]
    resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: "2", memory: 2Gi}}
  patch:
    - {op: add, path: /volumeMounts/-, value: {name: partners, mountPath: /etc/nats-partners}}
podTemplate:
  patch:
    - {op: add, path: /spec/volumes/-, value: {name: partners, configMap: {name: dealtrail-nats-partners}}}
  topologySpreadConstraints:
    kubernetes.io/hostname: {maxSkew: 1, whenUnsatisfiable: DoNotSchedule}
podDisruptionBudget: {enabled: true}
# Who is a partner: what `users` of gateway.identity.partners prints, put here by an operator. Upgrades leave it alone.
extraResources:
  - apiVersion: v1
    kind: ConfigMap
    metadata:
      name: dealtrail-nats-partners
      annotations: {helm.sh/resource-policy: keep}
    data:
      partners.conf:
        $tplYaml: >-
          {{ lookup "v1" "ConfigMap" .Release.Namespace "dealtrail-nats-partners"
          | dig "data" "partners.conf" "users: []" | toJson }}
"""


class _Plain(yaml.SafeDumper):
    """Writes what stands in two places out in both, as people would."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _yaml(data: Any) -> str:
    return yaml.dump(data, Dumper=_Plain, sort_keys=False, width=10_000)


def _config() -> dict[str, Any]:
    from deploy.helm.users import users  # noqa: PLC0415 - needs Helm's engine, which the table does not

    allowed = [
        {"user": user, "password": f"<< $NATS_PASSWORD_{user.upper()} >>", "permissions": may}
        for user, may in users().items()
    ]
    ours = {"jetstream": "enabled", "exports": exports(), "users": allowed}
    theirs = {"limits": LIMITS, "imports": imports(), "partners$include": "../nats-partners/partners.conf"}
    system = {"users": [{"user": "system", "password": "<< $NATS_PASSWORD_SYSTEM >>"}]}
    return {
        "cluster": {"enabled": True, "replicas": 3},
        "jetstream": {"enabled": True, "fileStore": {"pvc": {"size": "40Gi"}}, "merge": {"sync_interval": "always"}},
        "merge": {
            "max_payload": "<< 512KB >>",
            "write_deadline": "10s",
            "system_account": SYSTEM,
            "accounts": {SYSTEM: system, OWN: ours, PARTNERS: theirs},
        },
    }


def main() -> None:
    """Write all. The accounts come first: the example is made of what they let the server say."""
    ACCOUNTS.write_text(accounts())
    README.write_text(readme())
    NATS.write_text(nats())


if __name__ == "__main__":
    main()
