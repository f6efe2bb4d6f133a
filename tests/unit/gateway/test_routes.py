"""A path leads to one method or to none."""

from dataclasses import replace

import pytest

from gateway import contract
from gateway.contract import Binding
from gateway.routes import Route, Table


def every():
    return list(contract.methods())


TABLE = Table(every())


def found(verb, path):
    ends = TABLE.find(path)
    return (ends[0][verb].method.name, ends[1]) if ends and verb in ends[0] else None


@pytest.mark.parametrize(
    ("verb", "path", "method", "values"),
    [
        ("GET", "/v1/leads", "ListLeads", []),
        ("POST", "/v1/leads", "CreateLead", []),
        ("POST", "/v1/leads:batchCreate", "BatchCreateLeads", []),
        ("GET", "/v1/leads/x", "GetLead", ["x"]),
        ("POST", "/v1/leads/x:assign", "AssignLead", ["x"]),
        ("GET", "/v1/leads/%E4%BA%91%2F", "GetLead", ["云/"]),
        ("GET", "/v1/accounts/x/contacts", "ListContacts", ["x"]),
    ],
)
def test_a_path_leads_to_its_method(verb, path, method, values):
    assert found(verb, path) == (method, values)


@pytest.mark.parametrize(
    "path", ["", "/", "v1/leads", "/v1//leads", "/v1/leads/", "/v1/leads/x:", "/v1/leads/x:y", "/V1/leads"]
)
def test_other_paths_lead_nowhere(path):
    assert TABLE.find(path) is None


def method_at(*templates):
    lead = next(one for one in every() if one.name == "GetLead")
    bindings = tuple(Binding("GET", template, False) for template in templates)
    return replace(lead, bindings=bindings)


def test_two_methods_cannot_claim_one_route():
    with pytest.raises(ValueError, match="claim the same route"):
        Table([method_at("/v1/things/{id}"), method_at("/v1/things/{id}")])


def test_a_variable_is_a_whole_segment():
    with pytest.raises(ValueError, match="only whole segments"):
        Table([method_at("/v1/{id}-things")])


def test_a_fixed_segment_is_preferred_to_a_variable_but_does_not_hide_it():
    table = Table([method_at("/v1/things/{id}/parts", "/v1/things/mine")])
    found = [table.find(path) for path in ("/v1/things/mine", "/v1/things/mine/parts")]
    assert [one and one[1] for one in found] == [[], ["mine"]]


def test_templates_are_shown_with_json_names():
    contacts = next(one for one in every() if one.name == "ListContacts")
    assert Route(contacts, contacts.bindings[0]).template == "/v1/accounts/{accountId}/contacts"


def test_every_method_says_who_may_call_it():
    from wire.dealtrail.type.v1 import access_pb

    for method in every():
        access = method.descriptor.proto.options[access_pb.ext_access]
        assert bool(access.roles) != access.public, method.path
