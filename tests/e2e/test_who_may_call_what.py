"""Nobody gets in without a good token, and with one only where the contract lets the role in: for every route."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import grpc
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from deploy.local.keys import PRIVATE_KEYS
from gateway import contract
from gateway.identity.signing_keys.operations import KeyRing
from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.principal import Principal, TokenMint
from services.kit.testing import Keys
from tests.people import done
from tests.sweeps.access import ROLES, roles
from tests.sweeps.operations import operations


@pytest.fixture(scope="module")
async def routes(town):
    found = operations(await town.person().get("/openapi.json"))
    return [route for route in found if not route.public]


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def call(person, route, **headers):
    """Call the route with an id that nothing has and as little else as can be."""
    if route.streams and not headers:
        async with person.listening(route.path) as answer:
            if answer.status_code != 200:
                await answer.aread()
            return answer
    path = route.path
    for name, _ in route.targets:
        path = path.replace(f"{{{name}}}", str(uuid4()))
    if route.method == "PATCH":
        headers["if_match"] = '"1"'
    return await person.ask(route.method, path, None if route.reads else {}, **headers)


def part(claims):
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.fixture(scope="module")
async def bad_tokens(stack, town, company):
    """Authorization headers that must open nothing, by what is wrong with them."""
    head, payload, signature = company.rep.token.split(".")
    claims = claims_of(company.rep.token)
    stranger = OKPKey.generate_key("Ed25519", {"kid": "stranger"})
    database = await Database.connect(stack.databases("gateway").app, 1)
    secret = (stack.home / "secrets" / "page_tokens").read_bytes().strip()
    key = await KeyRing(database, secret).signing()
    await database.close()
    over = jwt.encode({"alg": "Ed25519", "kid": key.kid}, claims | {"exp": int(time.time()) - 1}, key, ["Ed25519"])
    principal = Principal(new_id(), new_id(), "BOSS", None)
    internal = TokenMint(str(stack.home / "secrets" / PRIVATE_KEYS)).sign(principal)
    gone = await company.hire("gone", "REP", company.rep.team_id)
    given = {"tenant": company.tenant, "username": "rep", "password": "correct horse 1"}
    refresh = (await town.person().post("/v1/sessions", given))["refreshToken"]
    assert (await gone.ask("GET", "/v1/me")).status_code == 200
    await company.boss.post(f"/v1/users/{gone.id}:deactivate")
    forged = jwt.encode({"alg": "Ed25519", "kid": key.kid}, claims, stranger, ["Ed25519"])
    return {
        "none": "",
        "another scheme": f"Basic {company.rep.token}",
        "no token at all": "Bearer nonsense",
        "signed by a stranger": f"Bearer {forged}",
        "signed by nobody": f"Bearer {part({'alg': 'none'})}.{payload}.",
        "another's name on it": f"Bearer {head}.{part(claims | {'sub': company.boss.id.replace('-', '')})}.{signature}",
        "over": f"Bearer {over}",
        "a refresh token": f"Bearer {refresh}",
        "a token of the inside": f"Bearer {internal}",
        "of somebody who has left": f"Bearer {gone.token}",
    }


async def test_without_a_good_token_every_route_answers_401(town, routes, bad_tokens):
    nobody = town.person()
    for route in routes:
        for fault, header in bad_tokens.items():
            answer = await call(nobody, route, **({"authorization": header} if header else {}))
            assert answer.status_code == 401, (route.id, fault, answer.text)
            assert answer.json()["reason"] in ("UNAUTHENTICATED", "ACCESS_TOKEN_ENDED")
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_calls_what_the_contract_gives_to_it_and_nothing_else(company, routes, role):
    for route in routes:
        answer = await call(company.by_role[role], route)
        if role in roles(route):
            assert answer.status_code < 500, (route.id, answer.text)
            assert answer.status_code not in (401, 403), (route.id, answer.text)
        else:
            assert (answer.status_code, answer.json()["reason"]) == (403, "ROLE_NOT_ALLOWED"), (route.id, answer.text)


async def test_whoever_lost_a_role_has_lost_it_at_once(company):
    person = await company.hire("demoted", "MANAGER", company.rep.team_id)
    assert (await person.ask("GET", "/v1/leads")).status_code == 200
    etag = (await company.boss.ask("GET", f"/v1/users/{person.id}")).headers["etag"]
    done(await company.boss.ask("PATCH", f"/v1/users/{person.id}", {"role": "PARTNER"}, if_match=etag))
    assert (await person.ask("GET", "/v1/leads")).status_code == 401
    assert (await (await person.sign_in(company.tenant)).ask("GET", "/v1/leads")).status_code == 403


async def test_a_service_believes_nobody_but_the_gateway(stack, company, tmp_path):
    """Every method of every process, called directly: without a token, with a user's, with a stranger's."""
    strange = TokenMint(Keys(tmp_path).private).sign(Principal(new_id(), new_id(), "BOSS", None))
    tried = 0
    for service in contract.services():
        name = service.type_name.split(".")[1]
        if name == "type":  # an envelope that every service serves; what is in it is admitted by itself
            continue
        process = name if name not in ("identity", "imports", "audit", "exports", "privacy") else "gateway"
        async with grpc.aio.insecure_channel(stack.address(process, "calls")) as channel:
            for method in service.methods:
                if method.public:
                    continue
                for token in ("", company.boss.token, strange):
                    metadata = [("authorization", f"Bearer {token}")] if token else []
                    send: Any = channel.unary_unary(method.path)
                    with pytest.raises(grpc.aio.AioRpcError) as refused:
                        await send(b"", metadata=metadata, timeout=5)
                    code = refused.value.code()
                    # Most of the gateway's own services are not offered to other processes at all.
                    unserved = process == "gateway" and code is grpc.StatusCode.UNIMPLEMENTED
                    assert unserved or code is grpc.StatusCode.UNAUTHENTICATED, (method.path, code)
                    tried += 1
    assert tried > 100
