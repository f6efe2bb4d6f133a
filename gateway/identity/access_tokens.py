"""Access tokens: signed by us, good for 15 minutes; they name the user, the session and the version of the rights."""

import time
from dataclasses import dataclass
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError

from gateway.identity.signing_keys.domain import TOKEN_LIFE
from gateway.identity.signing_keys.operations import KeyRing
from services.kit.errors import Unauthenticated

ISSUER = "dealtrail"
LIFE_S = int(TOKEN_LIFE.total_seconds())
ALGORITHM = "Ed25519"


class AccessTokenEnded(Unauthenticated):
    """The token was good once."""

    en = "the access token has ended; get the next one with the refresh token"
    zh = "访问令牌已失效，请使用刷新令牌获取新的令牌"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a token proves of its bearer."""

    tenant_id: UUID
    ends: float
    """When the token ends, in seconds since 1970."""
    user_id: UUID | None = None
    """The user, where the token is ours."""
    username: str = ""
    """The user's name for signing in, where it is another issuer's."""
    session_id: UUID | None = None
    token_version: int = 0


class AccessTokens:
    """Signs and verifies them."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    async def sign(self, tenant_id: UUID, user_id: UUID, session_id: UUID, token_version: int) -> str:
        """A token good for LIFE_S seconds."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "tid": tenant_id.hex,
            "sub": user_id.hex,
            "sid": session_id.hex,
            "ver": token_version,
            "iat": now,
            "exp": now + LIFE_S,
        }
        key = await self._ring.signing()
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])

    async def verify(self, token: str, kid: str) -> Proof:
        """What the token proves. Refused: UNAUTHENTICATED if it is not ours, ACCESS_TOKEN_ENDED if it was."""
        key = await self._ring.verifying(kid)
        if key is None:
            raise Unauthenticated
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            raise Unauthenticated from None
        if claims["exp"] <= time.time():
            raise AccessTokenEnded
        return Proof(
            tenant_id=UUID(claims["tid"]),
            ends=claims["exp"],
            user_id=UUID(claims["sub"]),
            session_id=UUID(claims["sid"]),
            token_version=claims["ver"],
        )
