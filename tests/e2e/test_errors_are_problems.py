"""Whatever is wrong with a request, the answer is a problem document that says what, in the caller's language."""

from uuid import uuid4

import pytest

from tests.sweeps.access import roles
from tests.sweeps.operations import operations


@pytest.fixture(scope="module")
async def rep(town):
    return (await town.company("yunshan")).rep


@pytest.fixture(scope="module")
async def lead(rep):
    return await rep.post("/v1/leads", {"company": "问题科技"})


JSON = {"content-type": "application/json"}


def wrongs(lead):
    """What is sent, and how it is refused: status, reason, field, in English, in Chinese."""
    lead_path = f"/v1/leads/{lead['id']}"
    big = b'{"company": "' + b"x" * (1 << 20) + b'"}'
    deep = b'{"attributes": ' + b'{"a": ' * 200 + b"1" + b"}" * 201
    return {
        "malformed JSON": (
            ("POST", "/v1/leads", b'{"company": ', JSON),
            (400, "JSON_MALFORMED", None, "the body is not valid JSON", "请求体不是有效的 JSON"),
        ),
        "an unknown field": (
            ("POST", "/v1/leads", b'{"company": "A", "tenantId": "x"}', JSON),
            (400, "INVALID", "tenantId", "the request is invalid", "请求无效"),
        ),
        "a wrong type": (
            ("POST", "/v1/leads", b'{"company": 5}', JSON),
            (400, "INVALID", "company", "the request is invalid", "请求无效"),
        ),
        "a rule broken": (
            ("POST", "/v1/leads", b'{"company": " "}', JSON),
            (400, "INVALID", "company", "the request is invalid", "请求无效"),
        ),
        "no UTF-8": (
            ("POST", "/v1/leads", b'{"company": "\xff"}', JSON),
            (400, "JSON_MALFORMED", None, "the body is not valid JSON", "请求体不是有效的 JSON"),
        ),
        "an unknown route": (
            ("GET", "/v1/leeds", None, {}),
            (404, "ROUTE_UNKNOWN", None, "there is no such route", "没有这个接口"),
        ),
        "a wrong method": (
            ("DELETE", lead_path, None, {}),
            (405, "METHOD_NOT_ALLOWED", None, "this route answers to GET", "该接口只支持 GET"),
        ),
        "a big body": (
            ("POST", "/v1/leads", big, JSON),
            (413, "BODY_TOO_LARGE", None, "the body is larger than", "请求体超过"),
        ),
        "a deep body": (
            ("POST", "/v1/leads", deep, JSON),
            (400, "JSON_TOO_DEEP", None, "the JSON is nested deeper", "JSON 嵌套超过"),
        ),
        "another media type": (
            ("POST", "/v1/leads", b"company=A", {"content-type": "application/x-www-form-urlencoded"}),
            (415, "MEDIA_TYPE_UNSUPPORTED", None, "send the body as application/json", "请求体类型应为"),
        ),
        "a bad page token": (
            ("GET", "/v1/leads?pageToken=bm90IG91cnM", None, {}),
            (400, "PAGE_TOKEN_INVALID", "pageToken", "the page token is not from this list", "分页标记不属于该列表"),
        ),
        "a page too large": (
            ("GET", "/v1/leads?pageSize=201", None, {}),
            (400, "INVALID", "pageSize", "the request is invalid", "请求无效"),
        ),
        "an unknown parameter": (
            ("GET", "/v1/leads?tenantId=x", None, {}),
            (400, "INVALID", "tenantId", "the request is invalid", "请求无效"),
        ),
        "a bad If-Match": (
            ("POST", f"{lead_path}:qualify", b"{}", JSON | {"if-match": "3"}),
            (400, "IF_MATCH_INVALID", None, "If-Match is the ETag", "If-Match 应为"),
        ),
        "an old If-Match": (
            ("POST", f"{lead_path}:qualify", b"{}", JSON | {"if-match": '"7"'}),
            (412, "VERSION_MISMATCH", None, "it is at version 1 now", "当前版本为 1"),
        ),
        "a bad idempotency key": (
            ("POST", "/v1/leads", b'{"company": "A"}', JSON | {"idempotency-key": "k" * 256}),
            (400, "IDEMPOTENCY_KEY_INVALID", None, "an Idempotency-Key has", "Idempotency-Key 应为"),
        ),
        "an id that nothing has": (
            ("GET", f"/v1/leads/{uuid4()}", None, {}),
            (404, "NOT_FOUND", None, "no such lead in your sight", "找不到该线索"),
        ),
        "an id that is none": (
            ("GET", "/v1/leads/7", None, {}),
            (400, "INVALID", "id", "the request is invalid", "请求无效"),
        ),
        "a state that forbids it": (
            ("POST", f"{lead_path}:convert", b"{}", JSON),
            (409, "LEAD_NOT_QUALIFIED", None, "the lead is NEW", "线索当前为 NEW"),
        ),
    }


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_wrong_request_is_answered_by_a_problem_document(rep, lead, language):
    for wrong, ((method, path, body, headers), expected) in wrongs(lead).items():
        status, reason, field, english, chinese = expected
        answer = await rep.send_raw(method, path, body, headers | {"accept-language": language})
        assert answer.headers["content-type"] == "application/problem+json", wrong
        problem = answer.json()
        assert (answer.status_code, problem["status"], problem["reason"]) == (status, status, reason), (wrong, problem)
        assert problem["detail"].startswith(english if language == "en" else chinese), (wrong, problem)
        assert answer.headers["content-language"] == language[:2], wrong
        assert problem["type"] == f"urn:dealtrail:problem:{reason.lower().replace('_', '-')}", wrong
        assert problem["instance"] == path.partition("?")[0], wrong
        assert len(problem["traceId"]) == 32, wrong
        if field is not None:
            assert [fault["field"] for fault in problem["violations"]] == [field], (wrong, problem)
            assert all(fault["message"] for fault in problem["violations"]), (wrong, problem)


async def test_a_problem_tells_nothing_of_how_we_are_built(rep, lead):
    for (method, path, body, headers), _ in wrongs(lead).values():
        text = (await rep.send_raw(method, path, body, headers)).text.lower()
        assert not [word for word in ("traceback", "sql", "grpc", "127.0.0.1", "postgres", "exception") if word in text]


async def test_no_command_takes_what_only_answers_have(rep, town):
    """Nobody writes what we decide: an id's tenant, a version, a state, who made it and when, what is paid."""
    routes = operations(await town.person().get("/openapi.json"))
    decided = {"tenantId", "version", "state", "status", "teamId", "createTime", "updateTime", "paid", "unapplied"}
    tried = 0
    for route in routes:
        if route.body is None or route.public or "REP" not in roles(route):
            continue
        path = route.path
        for name, _ in route.targets:
            path = path.replace(f"{{{name}}}", str(uuid4()))
        for name in decided - route.body.get("properties", {}).keys():
            answer = await rep.ask(route.method, path, {name: "1"}, if_match='"1"')
            problem = answer.json()
            assert (answer.status_code, problem["reason"]) == (400, "INVALID"), (route.id, name, problem)
            assert name in [fault["field"] for fault in problem["violations"]], (route.id, name, problem)
            tried += 1
    assert tried > 200


async def test_headers_beyond_measure_are_refused(rep):
    answer = await rep.send_raw("GET", "/v1/leads", None, {"x-much": "x" * (17 << 10)})
    assert answer.status_code == 431
