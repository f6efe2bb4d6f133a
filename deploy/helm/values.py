"""The chart's values as a table in its README, and values for the official NATS chart, both written from the chart.

python -m deploy.helm.values        write both anew
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parent / "dealtrail"
README = CHART / "README.md"
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


def nats() -> str:
    """Values for the official NATS chart: three nodes, every write on disk, our users."""
    return HEAD + yaml.safe_dump({"config": _config()}, sort_keys=False, width=10_000)


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
podTemplate:
  topologySpreadConstraints:
    kubernetes.io/hostname: {maxSkew: 1, whenUnsatisfiable: DoNotSchedule}
podDisruptionBudget: {enabled: true}
"""


def _config() -> dict[str, Any]:
    from deploy.helm.users import users  # noqa: PLC0415 - needs Helm's engine, which the table does not

    allowed = [
        {"user": user, "password": f"<< $NATS_PASSWORD_{user.upper()} >>", "permissions": may}
        for user, may in users().items()
    ]
    return {
        "cluster": {"enabled": True, "replicas": 3},
        "jetstream": {"enabled": True, "fileStore": {"pvc": {"size": "40Gi"}}, "merge": {"sync_interval": "always"}},
        "merge": {"max_payload": "<< 512KB >>", "write_deadline": "10s", "authorization": {"users": allowed}},
    }


def main() -> None:
    """Write both."""
    README.write_text(readme())
    NATS.write_text(nats())


if __name__ == "__main__":
    main()
