"""Identity providers of tenants (OpenID Connect): whose tokens are accepted, and by which keys."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from gateway.identity.access_tokens import ISSUER, AccessTokenEnded, Proof
from gateway.identity.system import PLATFORM
from gateway.identity.tenants import operations as tenants
from gateway.identity.users.domain import sign_in_name
from services.kit.database import Database
from services.kit.errors import Unauthenticated, Unavailable

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256", "ES256"]
LEEWAY_S = 30
READ_AT_MOST_EVERY_S = 30.0
READ_AT_LEAST_EVERY_S = 3600.0
PATIENCE_S = 3.0


@dataclass(frozen=True)
class Issuer:
    """One provider whose word counts for one tenant."""

    issuer: str
    """What its tokens say in `iss`."""
    audience: str
    """What its tokens must say in `aud`: our client id there."""
    tenant: str
    """The name of the tenant whose users it vouches for."""
    jwks_uri: str = ""
    """Where its keys are; or"""
    jwks_file: str = ""
    """the file that holds them."""
    username_claim: str = "preferred_username"
    """The claim that holds the user's name for signing in here."""


class IssuerUnreachable(Unavailable):
    """The provider's keys cannot be read at this moment."""

    en = "the identity provider's keys are out of reach; try again"
    zh = "暂时无法获取身份提供方的密钥，请稍后重试"


def configured(setting: str) -> list[Issuer]:
    """The issuers of DEALTRAIL_OIDC_ISSUERS, a JSON list; a mistake in it ends the process with what is wrong."""
    try:
        issuers = [Issuer(**entry) for entry in orjson.loads(setting)]
    except (TypeError, ValueError) as error:
        raise SystemExit(f"DEALTRAIL_OIDC_ISSUERS is not a list of issuers: {error}") from None
    for one in issuers:
        if one.issuer == ISSUER or bool(one.jwks_uri) == bool(one.jwks_file):
            raise SystemExit(
                f"DEALTRAIL_OIDC_ISSUERS: {one.issuer} needs a name of its own and either jwks_uri or jwks_file"
            )
    return issuers


class Issuers:
    """Verifies the tokens of other issuers."""

    def __init__(self, issuers: Sequence[Issuer], database: Database) -> None:
        self._database = database
        self._keys = {one: _Keys(one) for one in issuers}

    async def verify(self, token: str, issuer: object) -> Proof:
        """What the token proves. `issuer` is what it says of itself. Refused: UNAUTHENTICATED, ACCESS_TOKEN_ENDED."""
        for one, keys in self._keys.items():
            if one.issuer == issuer:
                claims = await keys.claims(token)
                if claims is not None and _is_for_us(claims, one):
                    return await self._proof(claims, one)
        raise Unauthenticated

    async def _proof(self, claims: dict[str, Any], issuer: Issuer) -> Proof:
        if claims["exp"] <= time.time():
            raise AccessTokenEnded
        async with self._database.transaction(PLATFORM, read_only=True) as tx:
            tenant = await tenants.named(tx, issuer.tenant)
        if tenant is None:
            raise Unauthenticated
        return Proof(tenant.tenant_id, claims["exp"], username=sign_in_name(claims[issuer.username_claim]))


def _is_for_us(claims: dict[str, Any], issuer: Issuer) -> bool:
    """Whether the claims of a verified token are complete and meant for us, now."""
    audience = claims.get("aud")
    return (
        issuer.audience in (audience if isinstance(audience, list) else [audience])
        and isinstance(claims.get("exp"), int | float)
        and isinstance(claims.get(issuer.username_claim), str)
        and isinstance(early := claims.get("nbf", 0), int | float)
        and early <= time.time() + LEEWAY_S
    )


class _Keys:
    """The keys of one issuer, read when they are needed, and again when a token names one that is not known."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._set: KeySet | None = None
        self._tried = float("-inf")
        self._reading = asyncio.Lock()
        self._registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)

    async def claims(self, token: str) -> dict[str, Any] | None:
        """The claims of the token if one of the issuer's keys signed it."""
        keys = await self._known(READ_AT_LEAST_EVERY_S)
        try:
            try:
                return self._decode(token, keys)
            except InvalidKeyIdError:
                return self._decode(token, await self._known(READ_AT_MOST_EVERY_S))
        except (JoseError, ValueError):
            return None

    def _decode(self, token: str, keys: KeySet) -> dict[str, Any]:
        return jwt.decode(token, keys, algorithms=ALGORITHMS, registry=self._registry).claims

    async def _known(self, age_s: float) -> KeySet:
        """The keys, read at most that long ago; older ones if they cannot be read. Refused: ISSUER_UNREACHABLE."""
        async with self._reading:
            if time.monotonic() >= self._tried + (age_s if self._set else READ_AT_MOST_EVERY_S):
                self._tried = time.monotonic()
                try:
                    self._set = KeySet.import_key_set(orjson.loads(await self._read()))
                except (OSError, JoseError, ValueError, KeyError, TypeError) as error:
                    log.warning("no keys", extra={"issuer": self._issuer.issuer, "error": repr(error)})
        if self._set is None:
            raise IssuerUnreachable
        return self._set

    async def _read(self) -> bytes:
        if self._issuer.jwks_file:
            return await asyncio.to_thread(Path(self._issuer.jwks_file).read_bytes)
        import httpx  # noqa: PLC0415 - heavy to load, and of use only where there is another issuer

        try:
            async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
                answer = await http.get(self._issuer.jwks_uri)
                return answer.raise_for_status().content
        except httpx.HTTPError as error:
            raise OSError(repr(error)) from error
