"""Who calls, and the short-lived signed token by which the gateway vouches for them to services."""

import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.kit.errors import Unauthenticated
from services.kit.secrets import read_secret

LIFETIME_S = 300
AUDIENCE = "dealtrail-internal"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: the tenant comes from here and from nowhere else."""

    tenant_id: UUID
    user_id: UUID
    role: str
    """BOSS, MANAGER, REP, ADMIN or PARTNER."""
    team_id: UUID | None
    teams: tuple[UUID, ...] = ()
    """The caller's own team and all below it; what a manager sees."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who calls a public method: no tenant is known yet, so no transaction is open and no answer is kept by key.

    The method opens transactions itself, once it knows whose they are.
    """

    address: str
    """Where the call comes from, as the gateway saw it."""
    deadline: float | None
    """The instant of time.monotonic() at which nobody waits any more."""


class TokenMint:
    """Signs internal tokens. Held by the gateway only, with the private half of the newest key."""

    def __init__(self, jwks_path: str) -> None:
        self._keys = KeySet.import_key_set(json.loads(read_secret(jwks_path)))

    def sign(self, principal: Principal) -> str:
        """A token good for LIFETIME_S seconds."""
        now = int(time.time())
        claims = {
            "aud": AUDIENCE,
            "exp": now + LIFETIME_S,
            "tid": principal.tenant_id.hex,
            "sub": principal.user_id.hex,
            "role": principal.role,
            "team": principal.team_id.hex if principal.team_id else "",
            "teams": [team.hex for team in principal.teams],
        }
        key = self._keys.keys[-1]
        return jwt.encode({"alg": "Ed25519", "kid": key.kid}, claims, key, algorithms=["Ed25519"])


class TokenVerifier:
    """Checks internal tokens; remembers those that were good until they end."""

    def __init__(self, jwks_path: str, remember: int = 4096) -> None:
        self._keys = KeySet.import_key_set(json.loads(Path(jwks_path).read_text()))
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        self._remember = remember

    def verify(self, token: str) -> Principal:
        """The principal of a token. Refused: UNAUTHENTICATED if it is forged, foreign or over."""
        known = self._known.get(token)
        if known and known[0] > time.time():
            return known[1]
        claims = self._claims(token)
        principal = Principal(
            tenant_id=UUID(claims["tid"]),
            user_id=UUID(claims["sub"]),
            role=claims["role"],
            team_id=UUID(claims["team"]) if claims["team"] else None,
            teams=tuple(UUID(team) for team in claims["teams"]),
        )
        self._known[token] = (claims["exp"], principal)
        if len(self._known) > self._remember:
            self._known.popitem(last=False)
        return principal

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, self._keys, algorithms=["Ed25519"]).claims
            if claims["aud"] == AUDIENCE and claims["exp"] > time.time():
                return claims
        except (JoseError, ValueError, KeyError):
            pass
        raise Unauthenticated
