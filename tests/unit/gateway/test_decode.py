"""Whatever arrives, it becomes the message that was meant or a refusal that says why; never a crash, never a guess."""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some
from protobuf import Message
from protobuf.wkt.google.protobuf.timestamp_pb import Timestamp
from wire.dealtrail.leads.v1 import accounts_pb, leads_pb

from gateway.decode import FAULTS, from_body, from_query
from gateway.refusals import JsonTooDeep
from services.kit.errors import Invalid, Violated

KINDS = (leads_pb.CreateLeadRequest, leads_pb.BatchCreateLeadsRequest, accounts_pb.UpdateAccountRequest)
FIELDS = (
    "company",
    "contactName",
    "attributes",
    "createTime",
    "leads",
    "revenue",
    "amount",
    "employees",
    "validateOnly",
)

text = some.text(some.characters(codec="utf-8", exclude_characters="\0"))
anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inside: (
        some.lists(inside, max_size=3) | some.dictionaries(some.sampled_from(FIELDS) | text, inside, max_size=3)
    ),
)
lead = some.builds(
    leads_pb.CreateLeadRequest,
    company=text,
    phone=text,
    attributes=some.dictionaries(text, text, max_size=3),
    create_time=some.none()
    | some.builds(Timestamp, seconds=some.integers(0, 2**33), nanos=some.integers(0, 999_999_999)),
)


@given(some.sampled_from(KINDS), anything, some.booleans())
def test_any_json_is_a_message_or_a_refusal(kind, document, patch):
    with suppress(Invalid):
        assert isinstance(from_body(kind, json.dumps(document).encode(), patch), Message)


@given(some.sampled_from(KINDS), some.binary())
def test_any_bytes_are_a_message_or_a_refusal(kind, content):
    with suppress(Invalid):
        assert isinstance(from_body(kind, content, False), Message)


@given(anything)
def test_what_cannot_be_read_is_always_explained(document):
    refused = None
    try:
        from_body(leads_pb.CreateLeadRequest, json.dumps(document).encode(), False)
    except Violated as error:
        refused = error
    assert refused is None or (refused.violations() and refused.violations("zh"))


@given(lead)
def test_a_message_written_as_json_is_read_as_itself(message):
    assert from_body(leads_pb.CreateLeadRequest, message.to_json().encode(), False) == message


@given(lead, some.sampled_from([None, 1, 4]))
def test_layout_of_the_json_does_not_matter(message, indent):
    laid_out = json.dumps(json.loads(message.to_json()), indent=indent, separators=(" , ", " : "))
    assert from_body(leads_pb.CreateLeadRequest, laid_out.encode(), False) == message


@given(some.text())
def test_any_query_is_a_message_or_a_refusal(query):
    with suppress(Invalid):
        assert isinstance(from_query(leads_pb.ListLeadsRequest, query.encode().decode("latin-1")), Message)


@given(text.filter(bool), some.integers(-(2**31), 2**31 - 1), some.sampled_from(["NEW", "QUALIFIED"]))
def test_query_parameters_are_read_as_they_were_written(q, size, status):
    message: Any = from_query(leads_pb.ListLeadsRequest, urlencode({"q": q, "pageSize": size, "status": status}))
    assert (message.q, message.page_size, message.status.name) == (q, size, status)


@pytest.mark.parametrize("depth", [32, 33])
def test_nesting_ends_at_its_limit(depth):
    content = b'{"company":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
    with pytest.raises(JsonTooDeep if depth > 32 else Violated):
        from_body(leads_pb.CreateLeadRequest, content, False)


@pytest.mark.parametrize("content", [b'{"company":[%s]}', b'{"attributes":{%s}}', b"{%s}"])
def test_no_more_faults_are_named_than_anybody_reads(content):
    item = b'"a":1' if b"{%s}" in content else b"1"
    with pytest.raises(Violated) as refused:
        from_body(leads_pb.CreateLeadRequest, content % b",".join([item] * 100_000), False)
    assert len(refused.value.violations()) <= FAULTS
