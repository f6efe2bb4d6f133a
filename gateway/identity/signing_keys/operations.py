"""The keys as this process knows them, read anew every few seconds, and how a new one is made."""

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, OKPKey

from gateway.identity.signing_keys.domain import SigningKey, must_be_due, signing, verifying
from gateway.identity.signing_keys.store import ADD, ALL, ALONE, codec
from gateway.identity.system import PLATFORM
from services.kit.database import Database, Tx

log = logging.getLogger(__name__)

READ_EVERY_S = 5.0
SEAL = {"alg": "dir", "enc": "A256GCM"}


class KeyRing:
    """The signing keys. Their private halves are sealed with a key derived from the installation's secret."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self._seal = OctKey.import_key(hmac.digest(secret, b"signing keys", hashlib.sha256))
        self._opened: dict[str, OKPKey] = {}
        self._keys: list[SigningKey] = []
        self._read = float("-inf")
        self._reading = asyncio.Lock()

    async def signing(self) -> OKPKey:
        """The key to sign with; the first of all is made when it is first asked for."""
        await self._refresh()
        return self._opened[signing(self._keys, datetime.now(UTC)).kid]

    async def verifying(self, kid: str) -> OKPKey | None:
        """The key of that id, if its tokens are still good."""
        await self._refresh()
        good = {key.kid for key in verifying(self._keys, datetime.now(UTC))}
        return self._opened[kid] if kid in good else None

    async def rotate(self) -> SigningKey:
        """Make the next key. Refused: KEY_ROTATED_LATELY."""
        async with self._database.transaction(PLATFORM) as platform:
            await platform.fetch(ALONE)
            must_be_due(await _all(platform), platform.now)
            key = await self._make(platform)
        self._read = float("-inf")
        return key

    async def _refresh(self) -> None:
        if time.monotonic() < self._read + READ_EVERY_S:
            return
        async with self._reading:
            if (began := time.monotonic()) < self._read + READ_EVERY_S:
                return
            async with self._database.transaction(PLATFORM, read_only=True) as tx:
                keys = self._open(await _all(tx))
            self._keys = keys or [await self._first()]
            self._read = began

    async def _first(self) -> SigningKey:
        """The first key of all, made by whichever process comes first."""
        async with self._database.transaction(PLATFORM) as tx:
            await tx.fetch(ALONE)
            made = self._open(await _all(tx))
            return made[0] if made else await self._make(tx)

    async def _make(self, tx: Tx) -> SigningKey:
        key = self._new(tx.now)
        await tx.execute(ADD, **codec.to_row(key))
        self._open([key])
        return key

    def _new(self, now: datetime) -> SigningKey:
        kid = secrets.token_hex(8)
        key = OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig", "alg": "Ed25519"})
        sealed = jwe.encrypt_compact(dict(SEAL), json.dumps(key.as_dict(private=True)), self._seal)
        return SigningKey(kid, sealed, now)

    def _open(self, keys: Sequence[SigningKey]) -> list[SigningKey]:
        """Those that this installation's secret opens; others came with a copy of a database."""
        usable = []
        for key in keys:
            try:
                if key.kid not in self._opened:
                    opened = jwe.decrypt_compact(key.sealed, self._seal).plaintext
                    self._opened[key.kid] = OKPKey.import_key(json.loads(opened or b""))
                usable.append(key)
            except (JoseError, ValueError):
                log.error("a signing key is sealed with another secret", extra={"kid": key.kid})
        return usable


async def _all(tx: Tx) -> list[SigningKey]:
    return [codec.from_row(row) for row in await tx.fetch(ALL)]
