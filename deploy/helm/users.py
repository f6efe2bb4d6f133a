"""The users of NATS and what they may do, as the chart's evaluation server has them."""

import json
import re
from pathlib import Path

import helm_python

CHART = Path(__file__).parent / "dealtrail"
MAY = re.compile(
    r"user: (\w+), password: \$\w+\s+permissions: \{\s+publish: (\[.*?\])\s+subscribe: (\[.*?\])", re.DOTALL
)
Permissions = dict[str, dict[str, list[str]]]


def users() -> Permissions:
    """By name, as Helm renders the server."""
    rendered = helm_python.Chart.load(CHART).render({"nats": {"enabled": True}}, name="dealtrail", namespace="default")
    return permissions(rendered["dealtrail/charts/nats/templates/nats.yaml"])


def permissions(config: str) -> Permissions:
    """What a server's settings allow each of its users."""
    return {
        user: {"publish": json.loads(publish), "subscribe": json.loads(subscribe)}
        for user, publish, subscribe in MAY.findall(config)
    }
