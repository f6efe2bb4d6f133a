"""The OpenAPI document is valid, complete, and true to the contract."""

import json
import re
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate

from gateway import contract
from gateway.routes import Route
from gateway.schema import document

DOCUMENT = document()
OPERATIONS: list[Any] = [
    pytest.param(path, verb, operation, id=operation["operationId"])
    for path, verbs in DOCUMENT["paths"].items()
    for verb, operation in verbs.items()
]


def resolved(schema):
    return schema | {"components": DOCUMENT["components"]}


def test_it_is_valid_openapi():
    validate(DOCUMENT)


def test_it_is_the_same_in_every_build():
    assert json.dumps(document()) == json.dumps(DOCUMENT)


def test_every_route_of_the_contract_is_in_it():
    routes = [
        (Route(method, binding).template, binding.verb.lower())
        for method in contract.methods()
        for binding in method.bindings
    ]
    assert len(routes) == len(set(routes))
    assert {(path, verb) for path, verbs in DOCUMENT["paths"].items() for verb in verbs} == set(routes)


def test_operation_ids_are_lower_camel_case_and_unique():
    names = [parameter.values[2]["operationId"] for parameter in OPERATIONS]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z][A-Za-z0-9]+", name)] == []


def test_it_speaks_of_no_proto_names():
    words = {name for schema in DOCUMENT["components"]["schemas"].values() for name in schema.get("properties", {})}
    assert [word for word in words if "_" in word] == []
    assert "dealtrail." not in json.dumps(list(DOCUMENT["components"]["schemas"]))


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS)
def test_every_operation_is_told_in_words(path, verb, operation):
    assert operation["summary"]
    assert not operation["summary"].endswith(".")
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    for parameter in operation["parameters"]:
        assert "$ref" in parameter or parameter["description"], (path, parameter)


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS)
def test_every_example_is_allowed_by_its_schema(path, verb, operation):
    bodies = [operation["responses"]["200"], *([operation["requestBody"]] if "requestBody" in operation else [])]
    for body in bodies:
        media = body["content"]["application/json"]
        checker = OAS31Validator(resolved(media["schema"]), format_checker=oas31_format_checker)
        assert [error.message for error in checker.iter_errors(media["example"])] == []


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS)
def test_no_request_takes_an_unspecified_value_or_what_its_path_says(path, verb, operation):
    told = json.dumps([operation["parameters"], operation.get("requestBody", {})])
    if "requestBody" in operation:
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        body = DOCUMENT["components"]["schemas"][name]
        told += json.dumps(body)
        assert set(re.findall(r"{(\w+)}", path)).isdisjoint(body["properties"])
    assert "_UNSPECIFIED" not in told


def test_commands_take_a_key_and_changes_need_the_version():
    create = DOCUMENT["paths"]["/v1/leads"]["post"]["parameters"]
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in create
    change = DOCUMENT["paths"]["/v1/accounts/{id}"]["patch"]
    assert {"$ref": "#/components/parameters/IfMatchRequired"} in change["parameters"]
    assert {"412", "428"} <= set(change["responses"])
    read = json.dumps(DOCUMENT["paths"]["/v1/leads/{id}"]["get"])
    assert "Idempotency" not in read
    assert "ETag" in read


def test_every_change_under_a_condition_may_find_another_version():
    for path, verb, operation in (one.values for one in OPERATIONS):
        if verb in {"patch", "delete"}:
            assert {"412", "428"} <= operation["responses"].keys(), path


def test_not_found_is_told_where_the_comment_says_so_without_an_id_in_the_path():
    for path in ("/v1/erasures", "/v1/persons:find"):
        assert "404" in DOCUMENT["paths"][path]["post"]["responses"]
    assert "404" not in DOCUMENT["paths"]["/v1/leads"]["post"]["responses"]


def test_rules_become_constraints():
    fields = DOCUMENT["components"]["schemas"]["CreateLeadRequest"]
    assert fields["required"] == ["company"]
    assert fields["properties"]["company"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 200,
        "pattern": "\\S",
        "description": "The name of the company. Required.",
    }
    assert fields["properties"]["email"]["format"] == "email"
    assert fields["properties"]["attributes"]["maxProperties"] == 64
    batch = DOCUMENT["components"]["schemas"]["BatchCreateLeadsRequest"]["properties"]["leads"]
    assert (batch["minItems"], batch["maxItems"]) == (1, 1000)
    funnel = {
        one["name"]: one for one in DOCUMENT["paths"]["/v1/analytics/funnel"]["get"]["parameters"] if "name" in one
    }
    assert "required" not in funnel["stallFactor"], "0 is one of its values"
    sizes = DOCUMENT["paths"]["/v1/leads"]["get"]["parameters"][0]
    assert sizes["schema"] == {"type": "integer", "format": "int32", "minimum": 0, "maximum": 200}


def test_answers_lead_from_the_lead_to_its_cash():
    links = DOCUMENT["components"]["links"]

    def leads(answer, operation):
        refs = answer["responses"]["200"]["links"]
        return links[refs[operation]["$ref"].rpartition("/")[2]]

    paths = DOCUMENT["paths"]
    assert leads(paths["/v1/leads"]["post"], "convertLead") == {
        "operationId": "convertLead",
        "parameters": {"path.id": "$response.body#/id", "header.If-Match": "$response.header.ETag"},
    }
    assert leads(paths["/v1/leads/{id}:convert"]["post"], "getDeal")["parameters"] == {
        "path.id": "$response.body#/dealId"
    }
    won = leads(paths["/v1/deals/{id}:win"]["post"], "createContract")
    assert won["requestBody"] == {"dealId": "$response.body#/id"}
    signed = leads(paths["/v1/contracts/{id}:sign"]["post"], "recordReceipt")
    assert signed["requestBody"] == {"contractId": "$response.body#/id"}


def test_every_link_sets_what_its_operation_takes():
    operations = {parameter.values[2]["operationId"]: parameter.values[2] for parameter in OPERATIONS}
    shared = DOCUMENT["components"]
    for link in shared["links"].values():
        operation = operations[link["operationId"]]
        told = [
            shared["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            for one in operation["parameters"]
        ]
        taken = {f"{one['in']}.{one['name']}" for one in told}
        assert set(link.get("parameters", ())) <= taken, link
        if body := link.get("requestBody"):
            media = operation["requestBody"]["content"]["application/json"]
            schema = shared["schemas"][media["schema"]["$ref"].rpartition("/")[2]]
            assert set(body) <= set(schema["properties"]), link
