"""What partners rely on: the registry of public events is whole, tells nothing that somebody typed, and only grows.

`python -m gateway.asyncapi > tests/contract/asyncapi.json` accepts the present document.
"""

import copy
import json
import re
from pathlib import Path

import pytest
from dealtrail.opportunities.v1 import events_pb2, feed_pb2
from openapi_schema_validator import OAS31Validator

from gateway import asyncapi
from gateway.identity.partners.access import STREAM, User
from services.opportunities.feed import consumers
from services.opportunities.feed import operations as feed
from tests.contract.breaking import event_breaks

COMMITTED = json.loads((Path(__file__).parent / "asyncapi.json").read_text())
DOCUMENT = asyncapi.document()
SCHEMAS = ["components", "schemas"]
FREE = {"FeedEvent"}
"""Messages that only hold others."""


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references(one)


def test_it_is_whole():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    for ref in references(DOCUMENT):
        found = DOCUMENT
        for name in ref.removeprefix("#/").split("/"):
            found = found[name]
    for schema in DOCUMENT["components"]["schemas"].values():
        OAS31Validator.check_schema(schema | {"components": DOCUMENT["components"]})
        assert schema.get("description")


def test_nothing_that_partners_rely_on_has_gone():
    assert event_breaks(COMMITTED, DOCUMENT) == []


def test_our_events_of_deals_are_public_or_there_is_a_reason():
    ours = {
        message.name for message in events_pb2.DESCRIPTOR.message_types_by_name.values() if message.name[:4] == "Deal"
    }
    public = {event.DESCRIPTOR.name for event in consumers.TOLD}
    assert public | {event.DESCRIPTOR.name for event in consumers.UNTOLD} == ours
    assert public == {f"Deal{name}" for name in feed.EVENTS}


def test_translator_document_and_broker_speak_of_the_same_stream():
    assert (feed.STREAM.name, feed.FEED) == (STREAM, asyncapi.FEED)
    assert {feed.subject_name(event) for event in feed.EVENTS.values()} == set(DOCUMENT["channels"])
    subject = User("tenant", "demo", "acme", ()).filter
    assert subject == f"{feed.FEED}.tenant.>"
    assert re.fullmatch(feed.STREAM.subject.replace(".", "[.]").replace(">", ".+"), subject)


def messages(descriptor, found):
    """The message and all that it holds."""
    if descriptor.full_name not in found and descriptor.full_name.startswith("dealtrail."):
        found[descriptor.full_name] = descriptor
        for field in descriptor.fields:
            if field.message_type:
                messages(field.message_type, found)
    return found


def test_a_public_event_has_a_place_for_nothing_that_somebody_typed():
    """Every text keeps a rule that no name, number or note of a person passes."""
    public = {}
    for event in (*feed.EVENTS.values(), feed_pb2.FeedDeal):
        messages(event.DESCRIPTOR, public)
    names = {name.rpartition(".")[2] for name in public} - FREE
    typed = ("张伟", "zhang.wei@example.com", "13800138000", "+8613800138000", "call back on Monday")
    for name in names - {"Money"}:
        schema = DOCUMENT["components"]["schemas"].get(name) or DOCUMENT["components"]["schemas"][f"FeedEvent{name}"]
        for field, said in schema["properties"].items():
            if said.get("type") == "string" and "enum" not in said and said.get("format") != "date-time":
                assert "pattern" in said, f"{name}.{field}"
                assert not [one for one in typed if re.search(said["pattern"], one)], f"{name}.{field}"


def changed(place, change):
    new = copy.deepcopy(COMMITTED)
    found = new
    for name in place:
        found = found[name]
    change(found)
    return new


DEAL = [*SCHEMAS, "FeedDeal"]


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        (["channels"], lambda one: one.pop("won"), "the event is gone"),
        (["channels", "won"], lambda one: one.update(address="deals.v1.{tenantId}.closed"), "the event is gone"),
        ([*DEAL, "properties"], lambda one: one.pop("stage"), "the property stage is gone"),
        ([*DEAL, "properties", "version"], lambda one: one.update(type="string"), "is string now"),
        ([*DEAL, "properties", "state", "enum"], lambda one: one.remove("WON"), "the value WON is gone"),
        ([*DEAL, "required"], lambda one: one.remove("stage"), "stage is no longer always there"),
        ([*SCHEMAS, "DealWon", "properties"], lambda one: one.pop("tenantid"), "the property tenantid is gone"),
        (
            [*SCHEMAS, "DealWon", "properties", "type"],
            lambda one: one.update(const="deals.v1.closed"),
            "is deals.v1.closed",
        ),
        ([*DEAL, "properties", "stage"], lambda one: one.update(pattern="^[0-9]+$"), "is ^[0-9]+$ now"),
    ],
)
def test_every_kind_of_break_is_found(place, change, said):
    assert said in " | ".join(event_breaks(COMMITTED, changed(place, change)))


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (["channels"], lambda one: one.update(new={"address": "deals.v1.{tenantId}.new"})),
        ([*DEAL, "properties"], lambda one: one.update(new={"type": "string"})),
        ([*DEAL, "properties", "state", "enum"], lambda one: one.append("FROZEN")),
    ],
)
def test_additions_break_nothing(place, change):
    assert event_breaks(COMMITTED, changed(place, change)) == []
