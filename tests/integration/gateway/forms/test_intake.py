"""Other systems of a tenant leave leads by a key that opens nothing else, over a real gateway and leads service."""

import pytest


@pytest.fixture
async def key(office):
    """A key of the website's; leads that come by it are the rep's."""
    rep = await office.user("li", "REP")
    told = {"name": "官网", "ownerId": rep["id"], "channel": "官网", "campaign": "春季"}
    answer = await office.client.post("/v1/intakeKeys", json=told)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def leave(office, key, body=None, **headers):
    given = {"company": "云杉科技", "phone": "13800138000"} if body is None else body
    return await office.client.post("/v1/intake", json=given, headers={"authorization": f"Bearer {key}"} | headers)


async def test_a_lead_that_is_left_by_a_key_is_its_owners_with_the_keys_channel(office, key):
    utm = {"source": "baidu", "medium": "cpc"}
    answer = await leave(office, key["key"], {"company": "云杉科技", "contactName": "王芳", "utm": utm})
    assert (answer.status_code, answer.content) == (202, b"")
    [lead] = (await office.all("/v1/leads", q="云杉"))["leads"]
    assert (lead["channel"], lead["campaign"], lead["exclusive"]) == ("官网", "春季", False)
    assert lead["utm"]["medium"] == "cpc"
    [kept] = (await office.all("/v1/intakeKeys"))["keys"]
    assert (lead["ownerId"], "key" in kept, "digest" in kept) == (kept["ownerId"], False, False)


async def test_what_is_sent_again_is_recorded_once(office, key):
    for _ in range(3):
        assert (await leave(office, key["key"], **{"idempotency-key": "form-1"})).status_code == 202
    assert len((await office.all())["leads"]) == 1


async def test_a_key_opens_nothing_else(office, key):
    headers = {"authorization": f"Bearer {key['key']}"}
    for path in ("/v1/leads", "/v1/me", "/v1/intakeKeys"):
        assert (await office.client.get(path, headers=headers)).status_code == 401
    bearer = office.client.headers["authorization"].removeprefix("Bearer ")
    assert (await leave(office, bearer)).status_code == 401


@pytest.mark.parametrize("given", [{"ownerId": "018f0000-0000-7000-8000-000000000000"}, {"channel": "电话"}])
async def test_a_source_does_not_say_whose_its_leads_are_nor_by_which_channel(office, key, given):
    answer = await leave(office, key["key"], {"company": "云杉"} | given)
    assert (answer.status_code, answer.json()["violations"][0]["field"]) == (400, next(iter(given)))


async def test_a_key_that_is_rotated_or_revoked_opens_nothing(office, key):
    rotated = (await office.client.post(f"/v1/intakeKeys/{key['id']}:rotate", json={})).json()
    assert (await leave(office, key["key"])).status_code == 401
    assert (await leave(office, rotated["key"])).status_code == 202
    assert (await office.client.post(f"/v1/intakeKeys/{key['id']}:revoke", json={})).json()["revokeTime"]
    assert (await leave(office, rotated["key"])).status_code == 401
    again = await office.client.post(f"/v1/intakeKeys/{key['id']}:rotate", json={})
    assert again.json()["reason"] == "INTAKE_KEY_REVOKED"


async def test_only_who_works_leads_owns_what_comes_by_a_key(office):
    admin = await office.user("ann", "ADMIN")
    told = {"name": "官网", "ownerId": admin["id"], "channel": "官网"}
    assert (await office.client.post("/v1/intakeKeys", json=told)).json()["reason"] == "UNKNOWN_INTAKE_OWNER"
    manager = await office.user("max", "MANAGER")
    headers = await office.sign_in("max")
    refused = await office.client.post("/v1/intakeKeys", json=told | {"ownerId": manager["id"]}, headers=headers)
    assert refused.status_code == 403
