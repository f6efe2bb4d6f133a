import asyncio
import hmac
import time
from base64 import urlsafe_b64encode
from contextlib import asynccontextmanager

import orjson
import pytest
from dealtrail.identity.v1 import users_pb2
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from services.kit.errors import Problem

CLIENT = "dealtrail-at-acme"


def new_rsa_key(kid):
    # The shortest that is accepted: primes take their time to be found.
    return RSAKey.generate_key(2048, {"kid": kid})


class Provider:
    """A little identity provider on a real port: it serves its keys and signs tokens."""

    def __init__(self):
        self.keys = {"rsa": new_rsa_key("rsa"), "ec": ECKey.generate_key("P-256", {"kid": "ec"})}
        self.asked = 0
        self.down = False
        self.url = ""

    async def serve(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        body = orjson.dumps({"keys": [key.as_dict(private=False) for key in self.keys.values()]})
        status = b"503 Service Unavailable" if self.down else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    def configured(self, **more):
        return {
            "issuer": self.url,
            "audience": CLIENT,
            "tenant": "demo-of-the-provider",
            "jwks_uri": f"{self.url}/keys",
            "username_claim": "email",
        } | more

    def token(self, username="anna@acme.example", key="rsa", alg=None, header=None, **claims):
        known = self.keys[key]
        alg = alg or {"rsa": "RS256", "ec": "ES256"}[key]
        standard = {"iss": self.url, "aud": CLIENT, "exp": int(time.time()) + 300, "email": username} | claims
        told = {name: value for name, value in standard.items() if value is not None}
        head = {"alg": alg, "kid": known.kid} | (header or {})
        return jwt.encode(head, told, known, registry=JWSRegistry(algorithms=[alg], strict_check_header=False))


@asynccontextmanager
async def listening(provider):
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield provider
    server.close()


@pytest.fixture
async def provider():
    async with listening(Provider()) as one:
        yield one


@pytest.fixture
async def house(new_house, provider):
    return await new_house([provider.configured()], mark="of-the-provider")


@pytest.fixture
async def anna(boss):
    return await boss.user("anna@acme.example", "REP", password="")


def hashed_with_the_public_key(key, claims):
    """The classic: what everybody knows taken for a shared secret."""
    signed = b".".join(
        urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in ({"alg": "HS256", "kid": key.kid}, claims)
    )
    code = hmac.digest(key.as_pem(private=False), signed, "sha256")
    return (signed + b"." + urlsafe_b64encode(code).rstrip(b"=")).decode()


async def caller(house, token):
    return (await house.identity.authenticate({b"authorization": b"Bearer " + token.encode()})).principal


async def refusal(house, token):
    with pytest.raises(Problem) as refused:
        await caller(house, token)
    return refused.value.reason


@pytest.mark.parametrize("key", ["rsa", "ec"])
async def test_whom_the_provider_vouches_for_is_let_in_as_the_user_of_that_name(house, provider, anna, key):
    principal = await caller(house, provider.token("Anna@Acme.example", key, header={"x-of-the-provider": "any"}))
    assert (str(principal.user_id), principal.role) == (anna.id, "REP")
    assert str((await caller(house, provider.token(key=key, aud=["else", CLIENT]))).user_id) == anna.id


async def test_the_providers_keys_are_read_once_for_many_tokens(house, provider, anna):
    for n in range(20):
        await caller(house, provider.token(jti=str(n)))
    assert provider.asked == 1


async def test_a_key_that_is_not_known_is_looked_for_at_most_every_thirty_seconds(house, provider, anna, monkeypatch):
    await caller(house, provider.token())
    provider.keys["rsa"] = new_rsa_key("next")
    for _ in range(5):
        assert await refusal(house, provider.token()) == "UNAUTHENTICATED"
    assert provider.asked == 1
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + 31)
    await caller(house, provider.token())
    assert provider.asked == 2


async def test_what_is_wrong_with_a_token_keeps_its_bearer_out(house, provider, anna):
    others = Provider()
    others.url = provider.url
    edwards = OKPKey.generate_key("Ed25519", {"kid": "rsa"})
    claims = {"iss": provider.url, "aud": CLIENT, "exp": int(time.time()) + 300, "email": "anna@acme.example"}
    good = provider.token()
    for token in (
        others.token(),
        provider.token(aud="another client"),
        provider.token(aud=None),
        provider.token(exp=None),
        provider.token(exp="tomorrow"),
        provider.token(email=None),
        provider.token(email=7),
        provider.token(nbf=int(time.time()) + 300),
        provider.token(iss="https://elsewhere.example"),
        provider.token(iss="dealtrail"),
        provider.token(iss=["x"]),
        hashed_with_the_public_key(provider.keys["rsa"], claims),
        jwt.encode({"alg": "Ed25519", "kid": "rsa"}, claims, edwards, algorithms=["Ed25519"]),
        provider.token(alg="PS256"),
        good.rpartition(".")[0] + ".",
        "eyJhbGciOiJub25lIn0." + good.split(".")[1] + ".",
    ):
        assert await refusal(house, token) == "UNAUTHENTICATED"
    assert await refusal(house, provider.token(exp=int(time.time()) - 1)) == "ACCESS_TOKEN_ENDED"


async def test_a_provider_vouches_for_users_of_its_tenant_only(house, provider, boss):
    other = await house.tenant("other")
    await other.user("otto@acme.example", "REP")
    assert await refusal(house, provider.token("otto@acme.example")) == "UNAUTHENTICATED"
    assert await refusal(house, provider.token("nobody@acme.example")) == "UNAUTHENTICATED"


async def test_who_has_left_is_out_whatever_the_provider_says(house, provider, boss, anna):
    token = provider.token()
    await caller(house, token)
    await boss("DeactivateUser", users_pb2.DeactivateUserRequest(id=anna.id))
    assert await refusal(house, token) == "UNAUTHENTICATED"


async def test_a_provider_that_is_down_keeps_out_only_whom_nobody_knows_yet(house, provider, anna):
    provider.down = True
    assert await refusal(house, provider.token()) == "ISSUER_UNREACHABLE"
    assert await refusal(house, provider.token()) == "ISSUER_UNREACHABLE"
    assert provider.asked == 1


async def test_keys_in_a_file_need_no_provider_to_ask(new_house, provider, tmp_path):
    file = tmp_path / "keys.json"
    file.write_bytes(orjson.dumps({"keys": [provider.keys["ec"].as_dict(private=False)]}))
    house = await new_house([provider.configured(jwks_uri="", jwks_file=str(file))], mark="of-the-provider")
    boss = await house.tenant()
    await boss.user("anna@acme.example", "REP")
    await caller(house, provider.token(key="ec"))
    assert provider.asked == 0
