"""What a signed contract needs of a person who is erased is kept, sealed and locked, for as long as the law demands."""

from datetime import UTC, datetime

import pytest

from tests.e2e.canaries import Canary, captured, erased, in_databases, outcome, retained


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("papagei")


async def test_what_a_signed_contract_needs_is_kept_sealed_and_locked(stack, company):
    canary = Canary()
    lead, _ = await captured(company, canary, "鹦鹉机电")
    amount = {"amount": "1000.00", "currency": "CNY"}
    await company.rep.post(f"/v1/deals/{lead['dealId']}:win", {"amount": amount})
    plan = [{"label": "全款", "trigger": "SIGN", "amount": amount}]
    drafted = await company.rep.post("/v1/contracts", {"dealId": lead["dealId"], "instalments": plan})
    await company.rep.post(f"/v1/contracts/{drafted['id']}:sign")
    _, erasure = await erased(company, canary)
    assert outcome(erasure, "RETAINED") == {"contracts.contracts": 1, "leads.contacts": 1}
    held = [one for one in erasure["effects"] if one["outcome"] == "RETAINED"]
    assert {one["reason"] for one in held} == {"SIGNED_CONTRACT"}
    assert erasure["holdUntil"] > f"{datetime.now(UTC).year + 9}"
    assert await in_databases(stack, canary) == set()
    revealed = await company.boss.post(
        f"/v1/contacts/{lead['contactId']}:reveal", {"purpose": "查看", "use": "CONTRACT"}
    )
    assert (revealed["name"], revealed["phone"]) == ("", "")
    assert len(await retained(stack, lead["contactId"])) == 1
    assert (await company.boss.get(f"/v1/contracts/{drafted['id']}"))["status"] == "SIGNED"
