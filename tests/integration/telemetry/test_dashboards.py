"""Dashboards and rules ask for what the running processes really show: every metric, every label."""

import asyncio
import json
import re

import promql_parser
import pytest
import yaml

from deploy.local.layout import services
from deploy.local.watch import rules
from services.kit.reconcile import Report, metrics
from tests.people import until

DASHBOARDS = rules.RULES.parent / "dashboards"
SAMPLE = re.compile(r"(\w+)(?:{(.*)})? \S+")
LABEL = re.compile(r'(\w+)="')
OF_PROMETHEUS = {"job", "instance", "service", "severity", "alertname"}
"""Labels that the scrape or the rules give."""


def boards():
    return {file.stem: json.loads(file.read_text()) for file in sorted(DASHBOARDS.glob("*.json"))}


def asked():
    """Every query, by where it stands."""
    for name, board in boards().items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"].replace("$__rate_interval", "5m")
    for file in rules.files():
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                yield rule.get("alert") or rule["record"], rule["expr"]


def recorded():
    """The names that rules record."""
    known = [
        rule
        for file in rules.files()
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]
    return {rule["record"] for rule in known if "record" in rule}


def selected(query):
    """What a query selects: (metric, labels)."""
    found = []

    def look(node):
        if isinstance(node, promql_parser.VectorSelector):
            found.append((node.name, {one.name for one in node.matchers.matchers}))
        return True

    promql_parser.walk(promql_parser.parse(query), look)
    return found


def labels_by(query):
    """The labels by which a query groups."""
    found = set()

    def look(node):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            found.update(node.modifier.labels)
        return True

    promql_parser.walk(promql_parser.parse(query), look)
    return found


@pytest.fixture(scope="module")
async def shown(stack, town):
    """Every metric that the processes and the reconciliation show, with its labels."""
    boss = await town.boss("tafel")
    lead = await boss.post("/v1/leads", {"company": "仪表科技"})
    await boss.ask("GET", "/v1/leads/nonsense")

    async def applied():
        return (await boss.get(f"/v1/leads/{lead['id']}/timeline"))["entries"]

    await until(applied)
    pages = [await asyncio.to_thread(stack.metrics, name) for name in (*services(), "gateway")]
    found = {"up": {"job", "instance"}}
    for line in "\n".join([*pages, metrics(Report(), ["timeline entries"])]).splitlines():
        if line and not line.startswith("#"):
            name, labels = SAMPLE.match(line).groups()
            found.setdefault(name, set()).update(LABEL.findall(labels or ""))
    return found


def test_every_query_is_promql():
    for where, query in asked():
        assert selected(query), where


def test_every_metric_that_is_asked_for_is_shown(shown):
    known = shown.keys() | recorded()
    assert [(where, name) for where, query in asked() for name, _ in selected(query) if name not in known] == []


def test_every_label_that_is_asked_for_is_there(shown):
    wrong = []
    for where, query in asked():
        names = [name for name, _ in selected(query)]
        there = OF_PROMETHEUS.union(*(shown.get(name, set()) for name in names))
        matched = set().union(*(labels for _, labels in selected(query)))
        wrong += [(where, label) for label in (matched | labels_by(query)) - there]
    assert wrong == []


def test_every_metric_of_ours_is_looked_at_somewhere(shown):
    said = " ".join(query for _, query in asked())
    ours = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in shown if name.startswith("dealtrail_")}
    assert [name for name in sorted(ours) if name not in said] == []


def test_dashboards_have_what_grafana_needs():
    for name, board in boards().items():
        assert board["uid"] == f"dealtrail-{name}"
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids), name
        assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"${datasource}"}
        assert [one["name"] for one in board["templating"]["list"]] == ["datasource"]
