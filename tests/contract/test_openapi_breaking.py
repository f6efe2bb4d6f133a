"""What clients rely on stays: the document is compared with the committed one.

`python -m gateway.schema > tests/contract/openapi.json` accepts the present document.
"""

import copy
import json
from pathlib import Path

import pytest

from gateway.schema import document
from tests.contract.breaking import breaks

COMMITTED = json.loads((Path(__file__).parent / "openapi.json").read_text())
LEAD = ["components", "schemas", "Lead"]
CREATE = ["components", "schemas", "CreateLeadRequest"]


def test_nothing_that_clients_rely_on_has_gone():
    assert breaks(COMMITTED, document()) == []


def changed(place, change):
    """A copy of the committed document with one change."""
    new = copy.deepcopy(COMMITTED)
    found = new
    for name in place:
        found = found[name]
    change(found)
    return new


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        (["paths"], lambda one: one.pop("/v1/leads/{id}"), "the route is gone"),
        (["paths", "/v1/leads"], lambda one: one.pop("post"), "the route is gone"),
        (["paths", "/v1/leads", "get"], lambda one: one.update(operationId="other"), "is called other now"),
        (["paths", "/v1/leads", "get", "parameters"], lambda one: one.pop(0), "the parameter pageSize is gone"),
        (["paths", "/v1/leads", "get", "parameters", 0], lambda one: one.update(required=True), "is required now"),
        (
            ["paths", "/v1/leads", "get", "parameters", 0, "schema"],
            lambda one: one.update(type="string"),
            "is string now",
        ),
        ([*LEAD, "properties"], lambda one: one.pop("company"), "the property company is gone"),
        ([*LEAD, "properties", "status", "enum"], lambda one: one.remove("NEW"), "the value NEW is gone"),
        ([*LEAD, "required"], lambda one: one.remove("company"), "company is no longer always there"),
        ([*CREATE, "properties"], lambda one: one.pop("phone"), "the property phone is gone"),
        ([*CREATE, "required"], lambda one: one.append("phone"), "the property phone is required now"),
    ],
)
def test_every_kind_of_break_is_found(place, change, said):
    found = breaks(COMMITTED, changed(place, change))
    assert found
    assert said in " | ".join(found)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (["paths"], lambda one: one.update({"/v1/new": {}})),
        ([*LEAD, "properties"], lambda one: one.update(new={"type": "string"})),
        ([*CREATE, "properties"], lambda one: one.update(new={"type": "string"})),
        ([*CREATE, "required"], lambda one: one.remove("company")),
        ([*LEAD, "properties", "status", "enum"], lambda one: one.append("FROZEN")),
    ],
)
def test_additions_break_nothing(place, change):
    assert breaks(COMMITTED, changed(place, change)) == []
