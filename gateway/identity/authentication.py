"""From a request's headers to its caller: a token is verified once and remembered until something may change."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from gateway.identity.access_tokens import ISSUER, AccessTokenEnded, AccessTokens, Proof
from gateway.identity.issuers import Issuers
from gateway.identity.partners.api_keys import PREFIX, ApiKeys
from gateway.identity.roster import FRESH_S, UNKNOWN_S, Roster, Rosters, Standing
from gateway.transcode import Caller
from services.kit.errors import Unauthenticated
from services.kit.principal import TokenMint

REMEMBER = 10_000
MINTED_FOR_S = 240
"""For how long an internal token, which lives 300 s, is given out."""


@dataclass(slots=True)
class _Known:
    """A token that was good, and what must be so that it needs no second look."""

    caller: Caller
    proof: Proof
    minted: float
    until: float
    epoch: int


class Authenticator:
    """Knows the callers of the last minutes."""

    def __init__(
        self, tokens: AccessTokens, issuers: Issuers, api_keys: ApiKeys, rosters: Rosters, mint: TokenMint
    ) -> None:
        self._tokens = tokens
        self._api_keys = api_keys
        self._issuers = issuers
        self._rosters = rosters
        self._mint = mint
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def authenticate(self, headers: Mapping[bytes, bytes]) -> Caller:
        """The caller. Refused: UNAUTHENTICATED without a good token, ACCESS_TOKEN_ENDED if it was good once."""
        header = headers.get(b"authorization", b"")
        known = self._known.get(header)
        if known is not None and known.until > time.monotonic() and known.epoch == self._rosters.epoch:
            self._known.move_to_end(header)
            return known.caller
        try:
            fresh = await self._look(header, known)
        except Unauthenticated:
            self._known.pop(header, None)
            raise
        self._known[header] = fresh
        self._known.move_to_end(header)
        if len(self._known) > REMEMBER:
            self._known.popitem(last=False)
        return fresh.caller

    async def _look(self, header: bytes, known: _Known | None) -> _Known:
        if header.partition(b" ")[2].strip().startswith(PREFIX):
            return await self._look_at_key(_bearer(header))
        proof = known.proof if known else await self._prove(_bearer(header))
        if proof.ends <= time.time():
            raise AccessTokenEnded
        epoch, now = self._rosters.epoch, time.monotonic()
        roster, standing = await self._standing(proof)
        principal = roster.principal(standing)
        if known and known.caller.principal == principal and now < known.minted + MINTED_FOR_S:
            caller, minted = known.caller, known.minted
        else:
            caller, minted = Caller(principal, self._mint.sign(principal)), now
        fresh_until = self._rosters.fresh_until(proof.tenant_id)
        until = min(fresh_until, minted + MINTED_FOR_S, now + proof.ends - time.time())
        return _Known(caller, proof, minted, until, epoch)

    async def _look_at_key(self, key: bytes) -> _Known:
        now, epoch = time.monotonic(), self._rosters.epoch
        principal = await self._api_keys.principal(key)
        proof = Proof(principal.tenant_id, float("inf"))
        return _Known(Caller(principal, self._mint.sign(principal)), proof, now, now + FRESH_S, epoch)

    async def _standing(self, proof: Proof) -> tuple[Roster, Standing]:
        """The user whom the token speaks of, who works here and whose rights are those that the token was made for."""
        roster = await self._rosters.of(proof.tenant_id)
        one = roster.standing(proof)
        if one is None or one.token_version < proof.token_version:
            # The token is good, so another process may know more than we remember.
            roster = await self._rosters.of(proof.tenant_id, 0 if proof.user_id else UNKNOWN_S)
            one = roster.standing(proof)
        if one is None or not one.active:
            raise Unauthenticated
        if proof.session_id is not None and (
            one.token_version != proof.token_version or proof.session_id in roster.ended
        ):
            raise AccessTokenEnded
        return roster, one

    async def _prove(self, token: bytes) -> Proof:
        """What the token proves, by the keys of whoever it says has issued it."""
        try:
            text = token.decode("ascii")
            unverified = jws.extract_compact(token)
            claims: Any = orjson.loads(unverified.payload)
            issuer, kid = claims.get("iss"), str(unverified.headers().get("kid"))
        except (JoseError, ValueError, AttributeError):
            raise Unauthenticated from None
        if issuer == ISSUER:
            return await self._tokens.verify(text, kid)
        return await self._issuers.verify(text, issuer)


def _bearer(header: bytes) -> bytes:
    scheme, _, token = header.partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise Unauthenticated
    return token.strip()
