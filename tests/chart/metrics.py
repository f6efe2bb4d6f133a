"""Whether rules and dashboards read series that some process of ours shows."""

import importlib
import json
import re
from collections.abc import Iterator
from functools import cache

from prometheus_client import REGISTRY

from tests.chart.helm import ROOT, Object, name, of_kind

SUFFIXES = ("", "_bucket", "_count", "_sum", "_total", "_created")
OF_PROMETHEUS = {"up"}


def faults(objects: list[Object]) -> list[str]:
    """Expressions that would be empty for ever."""
    recorded = {
        rule["record"]
        for one in of_kind(objects, "PrometheusRule")
        for group in one["spec"]["groups"]
        for rule in group["rules"]
        if "record" in rule
    }
    known = shown() | recorded | OF_PROMETHEUS
    return [
        f"{where} reads {metric}, which nobody shows"
        for where, expression in expressions(objects)
        for metric in sorted(metric_names(expression) - known)
    ]


@cache
def shown() -> frozenset[str]:
    """All series of our processes, and those that the reconciler leaves in a file for Prometheus."""
    for module in ("gateway.__main__", "services.kit.runtime"):
        importlib.import_module(module)
    left = re.findall(r"\bdealtrail_\w+", (ROOT / "services" / "kit" / "reconcile.py").read_text())
    return frozenset(left) | {metric.name + suffix for metric in REGISTRY.collect() for suffix in SUFFIXES}


def metric_names(expression: str) -> set[str]:
    """The series that a PromQL expression reads."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\{[^}]*\}", "{}", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    bare = re.sub(r"\[[^\]]*\]|\b\d[\w.]*|\$\w+", " ", bare)
    words = re.findall(r"[a-zA-Z_:][\w:]*(?!\s*\()\b(?!\s*\()", bare)
    return set(words) - {"and", "or", "unless", "bool", "offset", "inf", "nan", "by", "without"}


def expressions(objects: list[Object]) -> Iterator[tuple[str, str]]:
    """Each PromQL expression of rules and dashboards, and where it stands."""
    for one in of_kind(objects, "PrometheusRule"):
        for group in one["spec"]["groups"]:
            for rule in group["rules"]:
                yield f"{name(one)} {rule.get('alert') or rule.get('record')}", rule["expr"]
    for one in of_kind(objects, "ConfigMap"):
        for file, text in one["data"].items():
            if file.endswith(".json"):
                yield from ((f"{name(one)} {title}", expr) for title, expr in _panels(json.loads(text)))


def _panels(dashboard: Object) -> Iterator[tuple[str, str]]:
    for panel in dashboard.get("panels", []):
        yield from _panels(panel)
        for target in panel.get("targets", []):
            if "expr" in target:
                yield panel.get("title", ""), target["expr"]
