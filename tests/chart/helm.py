"""The chart as Helm itself renders it."""

from pathlib import Path
from typing import Any

import helm_python
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "dealtrail"
RELEASE, NAMESPACE = "dealtrail", "sales"
EVERYTHING: dict[str, Any] = {
    "nats": {"enabled": True},
    "config": {"otlpEndpoint": "http://collector:4318"},
    "gateway": {
        "ingress": {"enabled": True, "host": "sales.example.com", "tlsSecret": "sales-tls"},
        "partnersNatsUrl": "tls://events.example.com:4222",
    },
    "monitoring": {part: {"enabled": True} for part in ("podMonitor", "rules", "dashboards")},
    "rekeying": {"round": "2026-11"},
    "services": {
        "gateway": {"autoscaling": {"mode": "hpa"}},
        "timeline": {"autoscaling": {"mode": "keda"}},
        "analytics": {"autoscaling": {"mode": "keda"}, "partitions": 2},
    },
}
"""Values that make the chart render everything that it can."""

Object = dict[str, Any]
Refused = helm_python.HelmError


def values(path: Path) -> dict[str, Any]:
    """The values of a file."""
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def defaults() -> dict[str, Any]:
    """The chart's own values."""
    return values(CHART / "values.yaml")


def render(given: dict[str, Any] | None = None, chart: Path = CHART, upgrade: bool = False) -> list[Object]:
    """All objects of a release, installed or upgraded, with these values. Refused if they do not fit the schema."""
    loaded = helm_python.Chart.load(chart)
    loaded.validate_schema(given or {})
    texts = loaded.render(given or {}, name=RELEASE, namespace=NAMESPACE, is_install=not upgrade, is_upgrade=upgrade)
    texts = {path: text for path, text in texts.items() if path.endswith(".yaml")}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [found for text in texts.values() for found in yaml.load_all(text, loader) if found]


def notes(given: dict[str, Any]) -> str:
    """What Helm says after an installation."""
    texts = helm_python.Chart.load(CHART).render(given, name=RELEASE, namespace=NAMESPACE)
    return texts["dealtrail/templates/NOTES.txt"]


def lint(given: dict[str, Any]) -> list[str]:
    """What Helm's linter has against the chart."""
    report = helm_python.lint(CHART, given, strict=True)
    return [one["error"] for one in report["messages"] if one["severity"] > 1] + report["errors"]


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    """Those of these kinds."""
    return [one for one in objects if one["kind"] in kinds]


def name(one: Object) -> str:
    """Kind and name."""
    return f"{one['kind']}/{one['metadata']['name']}"


def pods(objects: list[Object]) -> list[tuple[str, Object, Object]]:
    """Name, metadata and spec of every pod that the objects make."""
    found = [(name(one), one["metadata"], one["spec"]) for one in of_kind(objects, "Pod")]
    for one in of_kind(objects, "Deployment", "StatefulSet", "Job"):
        template = one["spec"]["template"]
        found.append((name(one), template["metadata"], template["spec"]))
    return found


def containers(spec: Object) -> list[Object]:
    """All containers of a pod, those that only prepare it too."""
    return [*spec.get("initContainers", []), *spec["containers"]]
