import httpx
import pytest

from gateway.app import Gateway, Parts
from gateway.peers import Readiness
from services.kit.ids import new_id

PASSWORD = "correct horse battery"


@pytest.fixture
async def rest(house):
    """The gateway with identity alone behind it, spoken to in HTTP."""
    parts = Parts({"identity": house.identity.invoke}, house.identity.authenticate, Readiness({}))
    transport = httpx.ASGITransport(app=Gateway(parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@pytest.fixture
def sign_in(rest, house):
    """`await sign_in("boss", password)`: the answer."""

    async def post(username="boss", password=PASSWORD, **headers):
        body = {"tenant": house.named("demo"), "username": username, "password": password}
        return await rest.post("/v1/sessions", json=body, headers=headers)

    return post


def bearer(person):
    return {name.decode(): value.decode() for name, value in person.headers.items()}


async def test_signing_in_gives_tokens_that_open_the_door(rest, boss, sign_in):
    answer = await sign_in()
    assert answer.status_code == 200
    assert set(answer.json()) == {"accessToken", "refreshToken", "expiresIn"}
    assert answer.json()["expiresIn"] == 900
    me = await rest.get("/v1/me", headers={"authorization": "Bearer " + answer.json()["accessToken"]})
    assert (me.json()["username"], me.json()["role"]) == ("boss", "BOSS")
    again = await rest.post("/v1/sessions:refresh", json={"refreshToken": answer.json()["refreshToken"]})
    assert again.status_code == 200
    out = await rest.post("/v1/sessions:revoke", json={"refreshToken": again.json()["refreshToken"]})
    assert out.status_code == 200


async def test_a_wrong_password_answers_401_and_a_lock_429_with_when_to_come_again(boss, sign_in):
    for _ in range(5):
        answer = await sign_in(password="a guess")
        assert (answer.status_code, answer.json()["reason"]) == (401, "SIGN_IN_FAILED")
    locked = await sign_in()
    assert (locked.status_code, locked.json()["reason"]) == (429, "SIGN_IN_LOCKED")
    assert 25 <= int(locked.headers["retry-after"]) <= 30
    assert locked.headers["retry-after"] in locked.json()["detail"]


async def test_without_a_token_every_other_route_answers_401(rest, boss):
    for method, path in (("GET", "/v1/me"), ("GET", "/v1/users"), ("POST", "/v1/teams"), ("GET", "/v1/colleagues")):
        answer = await rest.request(method, path, json={} if method == "POST" else None)
        assert (answer.status_code, answer.json()["reason"]) == (401, "UNAUTHENTICATED")


async def test_a_key_sent_along_with_a_sign_in_keeps_no_tokens(house, boss, sign_in):
    both = [await sign_in(**{"idempotency-key": "same"}) for _ in range(2)]
    assert both[0].json()["refreshToken"] != both[1].json()["refreshToken"]
    for tenant in ("demo", None):
        assert not await house.rows("SELECT * FROM idempotency", tenant=tenant)


async def test_users_are_kept_over_rest_with_etags(rest, boss):
    headers = bearer(boss)
    body = {"username": "anna", "displayName": "安娜", "role": "REP", "password": PASSWORD}
    made = await rest.post("/v1/users", json=body, headers=headers)
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    assert "password" not in made.text.lower()
    path = f"/v1/users/{made.json()['id']}"
    changed = await rest.patch(path, json={"displayName": "Anna"}, headers=headers | {"if-match": '"1"'})
    assert (changed.json()["displayName"], changed.headers["etag"]) == ("Anna", '"2"')
    stale = await rest.patch(path, json={"displayName": "A."}, headers=headers | {"if-match": '"1"'})
    assert (stale.status_code, stale.json()["reason"]) == (412, "VERSION_MISMATCH")
    clash = await rest.post("/v1/users", json=body, headers=headers | {"accept-language": "zh"})
    assert (clash.status_code, clash.json()["reason"]) == (409, "USERNAME_TAKEN")
    assert clash.json()["violations"] == [{"field": "username", "message": "登录名 anna 已被使用"}]
    nowhere = await rest.post("/v1/users", json=body | {"username": "b", "teamId": str(new_id())}, headers=headers)
    assert nowhere.json()["violations"][0]["field"] == "teamId"


async def test_another_tenants_user_answers_404(rest, boss, house):
    stranger = await house.tenant("other")
    answer = await rest.get(f"/v1/users/{stranger.user_id}", headers=bearer(boss))
    assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")
