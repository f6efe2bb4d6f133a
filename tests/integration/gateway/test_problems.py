"""Every refusal is a problem document that says which field, why, and in whose language."""

import asyncio

import asyncpg
import grpc
import pytest
from dealtrail.leads.v1 import leads_pb2

from gateway.problems import fault_of, written
from services.kit.errors import (
    Conflict,
    Denied,
    IdempotencyKeyMismatch,
    NotFound,
    Refused,
    Unavailable,
    VersionMismatch,
    Violated,
)

LEADS = "/v1/leads"
JSON = {"Content-Type": "application/json"}


class LeadNotOpen(Refused):
    """The lead was decided already."""

    en = "the lead is {status} and can no longer be changed"
    zh = "线索已是 {status} 状态，不能再修改"


def problem(answer, status, reason):
    """The document, having checked what all of them have."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert (answer.status_code, document["status"], document["reason"]) == (status, status, reason)
    assert document["type"] == f"urn:dealtrail:problem:{reason.lower().replace('_', '-')}"
    assert document["title"]
    assert document["detail"]
    assert document["instance"].startswith("/")
    assert len(document["traceId"]) == 32
    return document


def fields(document):
    return {one["field"]: one["message"] for one in document["violations"]}


async def test_malformed_json_is_located(client):
    answer = await client.post(LEADS, content='{\n  "company": oops}', headers=JSON)
    assert "line 2, column 14" in problem(answer, 400, "JSON_MALFORMED")["detail"]


async def test_text_that_is_not_utf8_is_refused(client):
    problem(await client.post(LEADS, content=b'{"company":"\xff"}', headers=JSON), 400, "JSON_MALFORMED")


async def test_all_faults_of_a_body_are_named_with_their_paths(client, backend):
    body = {"company": 1, "comany": "x", "createTime": "yesterday", "attributes": {"a": 1, "b": None}, "phone": ["1"]}
    found = fields(problem(await client.post(LEADS, json=body), 400, "INVALID"))
    assert found == {
        "company": "must be a string",
        "comany": "there is no such field; did you mean company?",
        "createTime": "must be an instant such as 2026-01-31T08:00:00Z",
        'attributes["a"]': "must be a string",
        'attributes["b"]': "null cannot stand here",
        "phone": "must be a string",
    }
    assert backend.requests == []


async def test_faults_inside_a_list_are_numbered(client):
    answer = await client.post(f"{LEADS}:batchCreate", json={"leads": [{"company": "x"}, {"company": True}, []]})
    assert set(fields(problem(answer, 400, "INVALID"))) == {"leads[1].company", "leads[2]"}


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "null"])
async def test_a_body_that_is_no_object_is_refused(client, body):
    problem(await client.post(LEADS, content=body, headers=JSON), 400, "INVALID")


async def test_a_key_that_stands_twice_is_refused(client):
    answer = await client.post(LEADS, content='{"company":"a", "company" :"b"}', headers=JSON)
    assert fields(problem(answer, 400, "INVALID")) == {"company": "stands twice in the same object"}


async def test_a_colon_in_a_text_is_no_second_key(client):
    body = '{"company": "a \\": b", "contactName":"\\":"}'
    assert (await client.post(LEADS, content=body, headers=JSON)).status_code == 200


@pytest.mark.parametrize("levels", [33, 2_000, 500_000])
async def test_nesting_is_bounded(client, levels):
    answer = await client.post(LEADS, content="[" * levels + "]" * levels, headers=JSON)
    problem(answer, 400, "JSON_TOO_DEEP")


async def test_a_null_character_is_refused(client):
    problem(await client.post(LEADS, content='{"company":"a\\u0000"}', headers=JSON), 400, "INVALID")
    problem(await client.get(LEADS, params={"q": "\0"}), 400, "INVALID")
    keyed = await client.post(LEADS, content='{"company":"a","attributes":{"b\\u0000":"c"}}', headers=JSON)
    assert list(fields(problem(keyed, 400, "INVALID"))) == ['attributes["b\0"]']


async def test_null_in_a_patch_is_refused_for_it_would_change_nothing(client):
    answer = await client.patch("/v1/accounts/1", json={"revenue": None}, headers={"If-Match": '"1"'})
    assert list(fields(problem(answer, 400, "INVALID"))) == ["revenue"]


async def test_bad_query_parameters_are_named(client):
    answer = await client.get(f"{LEADS}?pageSize=ten&status=HOT&statsu=NEW&q=a&q=b")
    assert fields(problem(answer, 400, "INVALID")) == {"statsu": "there is no such parameter", "q": "stands twice"}
    answer = await client.get(f"{LEADS}?pageSize=ten&status=HOT")
    assert fields(problem(answer, 400, "INVALID")) == {
        "pageSize": "must be a whole number from -2147483648 to 2147483647",
        "status": "must be one of NEW, QUALIFIED, DISCARDED, CONVERTED, MERGED",
    }
    problem(await client.get(f"{LEADS}?q=%ff"), 400, "QUERY_MALFORMED")


async def test_a_query_on_a_command_is_refused(client):
    problem(await client.post(f"{LEADS}?dryRun=true", json={"company": "x"}), 400, "INVALID")


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/leads/", "/v1/leads/1:dance", "/v1/leads/1/2/3", "/v2/leads", "/%ff"]
)
async def test_an_unknown_route_is_not_found(client, path):
    problem(await client.get(path), 404, "ROUTE_UNKNOWN")


async def test_a_known_route_says_which_methods_it_has(client):
    answer = await client.delete(LEADS)
    problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, POST"
    answer = await client.post("/healthz")
    problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", ""]
)
async def test_other_media_types_are_refused(client, kind):
    answer = await client.post(LEADS, content='{"company":"x"}', headers={"Content-Type": kind})
    problem(answer, 415, "MEDIA_TYPE_UNSUPPORTED")


async def test_nobody_is_let_in_without_a_token(client, backend):
    answer = await client.get(LEADS, headers={"Authorization": "Bearer forged"})
    problem(answer, 401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert backend.requests == []


async def test_a_change_without_the_version_is_refused(client):
    problem(await client.patch("/v1/accounts/1", json={}), 428, "IF_MATCH_MISSING")
    problem(await client.patch("/v1/accounts/1", json={}, headers={"If-Match": "W/x"}), 400, "IF_MATCH_INVALID")


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel".encode(), b"a\x01b"])
async def test_an_idempotency_key_that_cannot_be_kept_is_refused(client, key):
    answer = await client.post(LEADS, json={"company": "x"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert answer.json()["reason"] in {"IDEMPOTENCY_KEY_INVALID", "HTTP_MALFORMED"}


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (LeadNotOpen(status="CONVERTED"), 409),
        (Conflict(), 409),
        (VersionMismatch(version=4), 412),
        (IdempotencyKeyMismatch(), 422),
        (NotFound(kind="lead", kind_zh="线索"), 404),
        (Denied(), 403),
        (Unavailable(), 503),
    ],
)
async def test_a_services_refusal_keeps_its_reason_and_words(client, backend, refusal, status):
    def refuse(_):
        raise refusal

    backend.answers["QualifyLead"] = refuse
    answer = await client.post(f"{LEADS}/1:qualify")
    assert problem(answer, status, refusal.reason)["detail"] == refusal.message()
    answer = await client.post(f"{LEADS}/1:qualify", headers={"Accept-Language": "en;q=0.5, zh-CN"})
    assert problem(answer, status, refusal.reason)["detail"] == refusal.message("zh")
    assert answer.headers["content-language"] == "zh"


async def test_a_stale_version_is_answered_with_the_present_one(client, backend):
    def refuse(_):
        raise VersionMismatch(version=4)

    backend.answers["UpdateAccount"] = refuse
    answer = await client.patch("/v1/accounts/1", json={}, headers={"If-Match": '"3"'})
    problem(answer, 412, "VERSION_MISMATCH")
    assert answer.headers["etag"] == '"4"'


async def test_fields_at_fault_stand_under_their_json_names_in_the_callers_language(client, backend):
    def refuse(_):
        raise Violated(("owner_id", "no such user", "没有这个用户"), ("lines[0].unit_price", "too high", "过高"))

    backend.answers["CreateLead"] = refuse
    answer = await client.post(LEADS, json={"company": "x"})
    assert fields(problem(answer, 400, "INVALID")) == {"ownerId": "no such user", "lines[0].unitPrice": "too high"}
    answer = await client.post(LEADS, json={"company": "x"}, headers={"Accept-Language": "zh"})
    assert fields(problem(answer, 400, "INVALID")) == {"ownerId": "没有这个用户", "lines[0].unitPrice": "过高"}


async def test_a_mistake_of_a_service_is_not_told(client, backend):
    def fail(_):
        raise ValueError("password of the database")

    backend.answers["GetLead"] = fail
    answer = await client.get(f"{LEADS}/1")
    problem(answer, 500, "INTERNAL")
    assert "password" not in answer.text


async def test_a_slow_service_is_given_up(gateway, backend):
    async def sleep(_):
        await asyncio.sleep(5)

    backend.answers["GetLead"] = sleep
    client = await gateway(call_seconds=0.2)
    problem(await client.get(f"{LEADS}/1"), 504, "DEADLINE_EXCEEDED")


async def test_an_absent_service_is_unavailable_for_now(gateway):
    client = await gateway(target="127.0.0.1:1")
    answer = await client.get(f"{LEADS}/1")
    problem(answer, 503, "PEER_UNREACHABLE")
    assert answer.headers["retry-after"] == "1"
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "headers", "calls"),
    [
        ("GET", f"{LEADS}/1", {}, 2),
        ("POST", f"{LEADS}/1:qualify", {"Idempotency-Key": "1"}, 2),
        ("POST", f"{LEADS}/1:qualify", {}, 1),
    ],
)
async def test_only_what_can_be_repeated_is_tried_again(client, backend, method, path, headers, calls):
    def fail(_):
        if len(backend.requests) == 1:
            raise Unavailable
        return leads_pb2.Lead(version=1)

    backend.answers |= {"GetLead": fail, "QualifyLead": fail}
    answer = await client.request(method, path, headers=headers)
    assert len(backend.requests) == calls
    assert answer.status_code == (200 if calls == 2 else 503)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (asyncpg.ConnectionDoesNotExistError("closed while it was made"), 503),
        (asyncpg.CannotConnectNowError("in recovery"), 503),
        (asyncpg.CrashShutdownError("another process crashed"), 503),
        (asyncpg.IdleInTransactionSessionTimeoutError("held up"), 503),
        (asyncpg.DiskFullError("no room"), 503),
        (asyncpg.SerializationError("somebody was quicker"), 503),
        (asyncpg.InternalClientError("two at once"), 503),
        (ConnectionResetError(), 503),
        (asyncpg.QueryCanceledError("too long"), 504),
        (TimeoutError(), 504),
    ],
)
def test_a_fault_that_passes_is_told_as_one_also_outside_of_a_service(fault, status):
    told, headers, _ = written(fault_of(fault, "en"), "en", "/")
    assert (told, dict(headers)[b"retry-after"]) == (status, b"1")


@pytest.mark.parametrize(
    "mistake", [asyncpg.DataError("no such argument"), KeyError("x"), asyncpg.CheckViolationError()]
)
def test_a_mistake_is_not_told_to_be_tried_again(mistake):
    assert fault_of(mistake, "en").status == 500


def test_every_grpc_code_has_a_status():
    from gateway.problems import STATUS

    assert set(STATUS) == set(grpc.StatusCode) - {grpc.StatusCode.OK}
