"""Whoever does not know whether a command took effect sends it again with its key, and learns it."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


def lead(**fields):
    return {"company": f"重试科技 {uuid4().hex[:8]}"} | fields


async def recorded(person, body):
    """How many leads of that company there are."""
    return len((await person.get("/v1/leads", q=body["company"]))["leads"])


async def test_the_same_key_and_body_answer_the_same_bytes(company):
    body, key = lead(), str(uuid4())
    first = await company.rep.ask("POST", "/v1/leads", body, idempotency_key=key)
    again = await company.rep.ask("POST", "/v1/leads", body, idempotency_key=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert await recorded(company.rep, body) == 1


async def test_the_answer_stays_though_the_lead_has_changed_since(company):
    body, key = lead(), str(uuid4())
    first = await company.rep.ask("POST", "/v1/leads", body, idempotency_key=key)
    await company.rep.post(f"/v1/leads/{first.json()['id']}:qualify")
    again = await company.rep.ask("POST", "/v1/leads", body, idempotency_key=key)
    assert again.content == first.content


async def test_the_same_key_with_another_body_is_refused(company):
    body, key = lead(), str(uuid4())
    await company.rep.post("/v1/leads", body, idempotency_key=key)
    other = await company.rep.ask("POST", "/v1/leads", lead(), idempotency_key=key)
    assert (other.status_code, other.json()["reason"]) == (422, "IDEMPOTENCY_KEY_MISMATCH")


async def test_anothers_key_is_anothers(town, company):
    """Neither a colleague nor somebody of another tenant gets an answer that was not for them."""
    body, key = lead(), str(uuid4())
    stranger = await town.boss("other")
    answers = [
        await person.ask("POST", "/v1/leads", body, idempotency_key=key)
        for person in (company.rep, company.colleague, stranger)
    ]
    assert len({answer.json()["id"] for answer in answers}) == 3
    assert not any("idempotency-replayed" in answer.headers for answer in answers)


async def test_one_key_counts_for_one_route_only(company):
    key = str(uuid4())
    first = await company.rep.post("/v1/leads", lead(), idempotency_key=key)
    found = await company.rep.post(f"/v1/leads/{first['id']}:qualify", {"score": 5}, idempotency_key=key)
    assert (found["status"], found["score"]) == ("QUALIFIED", 5)


async def test_many_who_send_it_at_once_have_one_effect(company):
    body, key = lead(), str(uuid4())
    answers = await asyncio.gather(
        *(company.rep.ask("POST", "/v1/leads", body, idempotency_key=key) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    assert {answer.json()["reason"] for answer in answers if answer.status_code == 409} <= {"COMMAND_IN_FLIGHT"}
    assert await recorded(company.rep, body) == 1


async def test_money_moves_once_however_often_it_is_sent(company):
    rep = company.rep
    account = await rep.post("/v1/accounts", {"name": f"重试客户 {uuid4().hex[:8]}"})
    money = {"amount": "300.00", "currency": "CNY"}
    contract = await rep.post("/v1/contracts", {"accountId": account["id"], "amount": money})
    await rep.post(f"/v1/contracts/{contract['id']}:sign")
    receipt = {"contractId": contract["id"], "amount": money | {"amount": "100.00"}, "receivedDate": TODAY}
    keyless = await rep.ask("POST", "/v1/receipts", receipt)
    assert (keyless.status_code, keyless.json()["reason"]) == (400, "IDEMPOTENCY_KEY_MISSING")
    key = str(uuid4())
    sent = [rep.ask("POST", "/v1/receipts", receipt, idempotency_key=key) for _ in range(10)]
    done = [answer for answer in await asyncio.gather(*sent) if answer.status_code == 200]
    assert len({answer.content for answer in done}) == 1
    [instalment] = (await rep.get(f"/v1/contracts/{contract['id']}/instalments"))["instalments"]
    assert instalment["paid"]["amount"] == "100.00"


async def test_a_refusal_is_not_kept_and_the_key_may_be_used_again(company):
    body, key = lead(), str(uuid4())
    found = await company.rep.post("/v1/leads", body)
    early = await company.rep.ask("POST", f"/v1/leads/{found['id']}:convert", {}, idempotency_key=key)
    assert (early.status_code, early.json()["reason"]) == (409, "LEAD_NOT_QUALIFIED")
    await company.rep.post(f"/v1/leads/{found['id']}:qualify")
    converted = await company.rep.post(f"/v1/leads/{found['id']}:convert", {}, idempotency_key=key)
    assert converted["status"] == "CONVERTED"


async def test_of_two_who_change_the_same_version_one_is_told_so(company):
    account = await company.rep.post("/v1/accounts", {"name": f"版本客户 {uuid4().hex[:8]}"})
    path = f"/v1/accounts/{account['id']}"
    changes = [company.rep.ask("PATCH", path, {"employees": n}, if_match='"1"') for n in (1, 2)]
    answers = sorted(await asyncio.gather(*changes), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [200, 412]
    assert answers[1].headers["etag"] == answers[0].headers["etag"] == '"2"'
    blind = await company.rep.ask("PATCH", path, {"employees": 3})
    assert (blind.status_code, blind.json()["reason"]) == (428, "IF_MATCH_MISSING")
