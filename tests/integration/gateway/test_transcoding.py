"""JSON in, JSON out, with the message in between exactly as the caller meant it."""

from uuid import uuid4

import pytest
from dealtrail.leads.v1 import leads_pb2
from google.protobuf.timestamp_pb2 import Timestamp

LEAD = str(uuid4())


def lead(request):
    return leads_pb2.Lead(id=request.id, company="云杉科技", status=leads_pb2.Lead.QUALIFIED, version=3)


async def test_a_resource_is_read_with_every_field_and_its_version_as_etag(client, backend):
    backend.answers["GetLead"] = lead
    answer = await client.get(f"/v1/leads/{LEAD}")
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"3"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body = answer.json()
    assert (body["id"], body["company"], body["status"], body["version"]) == (LEAD, "云杉科技", "QUALIFIED", "3")
    assert body["contactName"] == ""
    assert body["collaborators"] == []
    assert "createTime" not in body


async def test_a_body_becomes_the_message(client, backend):
    backend.answers["CreateLead"] = leads_pb2.Lead(id=LEAD, version=1)
    body = {
        "company": "云杉科技",
        "attributes": {"a": "b"},
        "createTime": "2024-02-29T12:00:00+08:00",
        "contact_name": "proto names are read too",
    }
    assert (await client.post("/v1/leads", json=body)).status_code == 200
    assert backend.last == leads_pb2.CreateLeadRequest(
        company="云杉科技",
        attributes={"a": "b"},
        create_time=Timestamp(seconds=1709179200),
        contact_name="proto names are read too",
    )


async def test_a_command_without_a_body_is_an_empty_message_with_its_path(client, backend):
    assert (await client.post(f"/v1/leads/{LEAD}:qualify")).status_code == 200
    assert backend.last == leads_pb2.QualifyLeadRequest(id=LEAD)


async def test_path_and_body_together_make_the_message(client, backend):
    account = str(uuid4())
    answer = await client.post(f"/v1/accounts/{account}/contacts", json={"name": "张伟"})
    assert answer.status_code == 200
    assert (backend.last.account_id, backend.last.name) == (account, "张伟")


async def test_what_the_path_says_cannot_be_said_again_in_the_body(client, backend):
    answer = await client.post(f"/v1/leads/{LEAD}:qualify", json={"id": str(uuid4())})
    assert answer.status_code == 400
    assert answer.json()["violations"][0]["field"] == "id"
    assert backend.requests == []


@pytest.mark.parametrize("size", ["pageSize", "page_size"])
async def test_query_parameters_are_read_in_both_spellings(client, backend, size):
    owner = str(uuid4())
    answer = await client.get("/v1/leads", params={size: "20", "status": "NEW", "q": "云 杉+&=", "ownerId": owner})
    assert answer.status_code == 200
    assert backend.last == leads_pb2.ListLeadsRequest(
        page_size=20, status=leads_pb2.Lead.NEW, q="云 杉+&=", owner_id=owner
    )


async def test_repeated_query_parameters_make_a_list(client, backend):
    await client.get("/v1/accounts?names=a&names=b")
    assert list(backend.last.names) == ["a", "b"]


async def test_an_escaped_slash_belongs_to_the_value_of_a_path_variable(client, backend):
    assert (await client.get("/v1/leads/a%2Fb%20c")).status_code == 200
    assert backend.last.id == "a/b c"


async def test_head_answers_like_get_without_a_body(client, backend):
    backend.answers["GetLead"] = lead
    answer = await client.head(f"/v1/leads/{LEAD}")
    assert (answer.status_code, answer.headers["etag"], answer.content) == (200, '"3"', b"")


async def test_a_patch_carries_the_version_that_it_changes(client, backend):
    answer = await client.patch(f"/v1/accounts/{LEAD}", json={"name": "新"}, headers={"If-Match": '"7"'})
    assert answer.status_code == 200
    assert backend.metadata["if-match"] == "7"
    assert backend.last.name == "新"
    assert not backend.last.HasField("industry")


async def test_headers_travel_to_the_service(client, backend):
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    sent = {
        "Idempotency-Key": "order 1",
        "X-Request-Id": "r-1",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "traceparent": trace,
    }
    await client.post("/v1/leads", json={"company": "x"}, headers=sent)
    assert backend.metadata["idempotency-key"] == "order 1"
    assert backend.metadata["x-request-id"] == "r-1"
    assert backend.metadata["accept-language"] == "zh"
    assert backend.metadata["traceparent"] == trace
    assert backend.metadata["authorization"].startswith("Bearer eyJ")


async def test_the_callers_own_token_does_not_travel(client, backend):
    await client.get("/v1/leads")
    assert "user-" not in backend.metadata["authorization"]


async def test_every_call_has_a_deadline(client, backend):
    await client.get("/v1/leads")
    assert 4 < backend.deadlines[-1] < 8.1


async def test_a_repeated_command_says_so(client, backend):
    backend.replays = True
    answer = await client.post("/v1/leads", json={"company": "x"}, headers={"Idempotency-Key": "1"})
    assert answer.headers["idempotency-replayed"] == "true"
