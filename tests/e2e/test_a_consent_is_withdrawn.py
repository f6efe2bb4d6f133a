"""Somebody agrees to be written to, and then no longer: it holds at once and everywhere."""

import pytest

from tests.e2e.canaries import Canary, captured
from tests.people import until


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("reiher")


async def test_a_withdrawn_consent_holds_at_once_and_everywhere(company):
    canary = Canary()
    lead, _ = await captured(company, canary, "白鹭数控")
    rep = company.rep
    words = {"textVersion": "privacy-1", "channel": "短信"}
    marketing = {"purpose": "活动邀请", "use": "MARKETING"}
    refused = await rep.ask("POST", f"/v1/leads/{lead['id']}:reveal", marketing)
    assert refused.json()["reason"] == "CONSENT_NOT_GIVEN"
    path = f"/v1/persons/{lead['id']}/consents"
    await rep.post(path, {"purpose": "MARKETING", "given": True} | words)
    await rep.post(f"/v1/leads/{lead['id']}:reveal", marketing)
    for purpose in ("MARKETING", "FOLLOW_UP"):
        await rep.post(path, {"purpose": purpose, "given": False} | words)
    for reveal in (f"/v1/leads/{lead['id']}:reveal", f"/v1/contacts/{lead['contactId']}:reveal"):
        assert (await rep.ask("POST", reveal, {"purpose": "回电"})).json()["reason"] == "CONSENT_WITHDRAWN"
        assert (await rep.ask("POST", reveal, {"purpose": "履约", "use": "CONTRACT"})).status_code == 200
    call = {"accountId": lead["accountId"], "participants": [lead["contactId"]], "kind": "PHONE", "direction": "OUT"}

    async def heard():
        answer = await rep.ask("POST", "/v1/touchpoints", call)
        return answer.status_code != 200 and answer.json()["reason"]

    assert await until(heard) == "CONSENT_WITHDRAWN"
    await rep.post("/v1/touchpoints", call | {"direction": "IN"})
    said = (await rep.get(path))["consents"]
    assert [(one["purpose"], one["given"]) for one in said] == [
        ("FOLLOW_UP", False),
        ("MARKETING", False),
        ("MARKETING", True),
    ]
    assert (await company.colleague.ask("GET", path)).status_code == 404
