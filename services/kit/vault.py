"""Keys that can be destroyed: one for each thing whose data may have to vanish, below a tenant's, below the master's.

What is sealed under a data key is gone when the key is: from rows, from copies of rows, from backups
that do not hold the key. Data keys are remembered by the bytes of the row that holds them wrapped: a destroyed
key opens nothing from that instant on, for no row brings it.
"""

import asyncio
import hashlib
import json
import os
import struct
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, select

from services.kit.secrets import read_secret
from services.kit.sql import Query
from services.kit.tables import rekeyings, tenant_keys

KEY_BYTES = 32
NONCE_BYTES = 12
MARK_BYTES = 16
REMEMBER_S = 300
REMEMBER = 4096
UNWRAPPED = 2048
"""Data keys of a tenant that are remembered: to unwrap one takes three times as long as to open with it."""
LONGEST_GRAM = 3

FIND = Query(
    select(
        tenant_keys.c.master_id,
        tenant_keys.c.wrapped,
        rekeyings.c.master_id.label("other_master_id"),
        rekeyings.c.other,
        rekeyings.c.marking,
    )
    .select_from(tenant_keys.outerjoin(rekeyings, rekeyings.c.tenant_id == tenant_keys.c.tenant_id))
    .where(tenant_keys.c.tenant_id == bindparam("tenant_id", type_=tenant_keys.c.tenant_id.type))
)
CREATE = """INSERT INTO tenant_keys (tenant_id, master_id, wrapped)
SELECT set_config('app.tenant', $1::text, true)::uuid, $2, $3 ON CONFLICT DO NOTHING"""
TENANT = b"tenant key"


class DataKey:
    """Seals and opens; `about` must be the same both times, so that nothing sealed can be put in another's place."""

    __slots__ = ("_aead",)

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(secret)

    def seal(self, content: bytes, about: bytes) -> bytes:
        """The content, unreadable without this key."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, content, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """The content. Raises InvalidTag if it was sealed by another key or about something else, or was changed."""
        return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)


class MasterKeys:
    """The installation's own keys by id. The last of the file wraps; the others only unwrap until rotation is done."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._keys = {name: DataKey(key) for name, key in keys.items()}
        self.newest = list(keys)[-1]

    @classmethod
    def read(cls, path: str) -> "MasterKeys":
        """From a JWKS file with keys of type "oct" and 256 bits."""
        found = {}
        for key in json.loads(read_secret(path))["keys"]:
            secret = urlsafe_b64decode(key["k"] + "=" * (-len(key["k"]) % 4))
            if key["kty"] != "oct" or len(secret) != KEY_BYTES:
                raise SystemExit(f"{path}: the key {key['kid']} is no oct key of 256 bits")
            found[key["kid"]] = secret
        return cls(found)

    def wrap(self, secret: bytes, tenant_id: UUID) -> bytes:
        """A tenant's key under the newest master key."""
        return self._keys[self.newest].seal(secret, TENANT + tenant_id.bytes)

    def unwrap(self, master_id: str, wrapped: bytes, tenant_id: UUID) -> bytes:
        """A tenant's key. KeyError if the master key is no longer in the file."""
        return self._keys[master_id].open(wrapped, TENANT + tenant_id.bytes)


def _derived(secret: bytes, use: bytes) -> bytes:
    return hashlib.blake2b(use, key=secret, digest_size=KEY_BYTES, person=b"dealtrail").digest()


def marking_of(secret: bytes) -> bytes:
    """By what a tenant marks whose key was never changed. It outlives that key: marks are made from it for good."""
    return _derived(secret, b"mark")


class TenantKey:
    """Wraps the tenant's data keys, and marks what must be found without being read.

    While a tenant's key is changed, `other` is the one that does not seal: the coming, then the former one.
    """

    __slots__ = ("_marking", "_other", "_term", "_unwrapped", "_wrapping")

    def __init__(self, secret: bytes, other: bytes | None = None, marking: bytes | None = None) -> None:
        self._wrapping = DataKey(_derived(secret, b"wrap"))
        self._other = DataKey(_derived(other, b"wrap")) if other else None
        self._marking = marking or marking_of(secret)
        self._term = hashlib.blake2b(key=self._marking, digest_size=4, person=b"term")
        self._unwrapped: dict[tuple[UUID, bytes], DataKey] = {}

    def new_key(self, identity: UUID) -> tuple[bytes, DataKey]:
        """A fresh data key for that id: wrapped, as it is kept, and ready."""
        secret = os.urandom(KEY_BYTES)
        return self._wrapping.seal(secret, identity.bytes), DataKey(secret)

    def unwrap(self, wrapped: bytes, identity: UUID) -> DataKey:
        """The data key of that id.

        Remembered as long as this tenant's key is, by what was unwrapped: that comes from the row each time, so a key
        that was destroyed is not asked for again.
        """
        key = self._unwrapped.get((identity, wrapped))
        if key is None:
            key = DataKey(self._opened(wrapped, identity))
            if len(self._unwrapped) >= UNWRAPPED:
                self._unwrapped.clear()
            self._unwrapped[identity, wrapped] = key
        return key

    def rewrapped(self, wrapped: bytes, identity: UUID) -> bytes | None:
        """The data key of that id wrapped by the key that seals; None if it is already."""
        try:
            self._wrapping.open(wrapped, identity.bytes)
        except InvalidTag:
            return self._wrapping.seal(self._opened(wrapped, identity), identity.bytes)
        return None

    def _opened(self, wrapped: bytes, identity: UUID) -> bytes:
        try:
            return self._wrapping.open(wrapped, identity.bytes)
        except InvalidTag:
            if self._other is None:
                raise
        return self._other.open(wrapped, identity.bytes)

    def mark(self, text: str) -> bytes:
        """The same for the same text, and useless to whoever lacks the tenant's key."""
        return hashlib.blake2b(text.encode(), key=self._marking, digest_size=MARK_BYTES).digest()

    def grams(self, text: str) -> list[int]:
        """Marks of all parts of the text of one to three letters, whatever their case.

        A text has a part if it has the part's marks.
        """
        lower = text.lower()
        parts = {lower[at : at + n] for n in range(1, LONGEST_GRAM + 1) for at in range(len(lower) - n + 1)}
        return sorted(self._gram(part) for part in parts)

    def sought(self, part: str) -> list[int]:
        """The marks that a text has if it has this part: exact up to three letters, beyond by the threes within it."""
        lower = part.lower()
        if len(lower) <= LONGEST_GRAM:
            return [self._gram(lower)]
        return [self._gram(lower[at : at + LONGEST_GRAM]) for at in range(len(lower) - LONGEST_GRAM + 1)]

    def terms(self, words: Iterable[str]) -> list[int]:
        """The marks of words by which something is found (see services/kit/terms.py), in the order of the words."""
        found = []
        for word in words:
            one = self._term.copy()  # a third of the time that making one takes
            one.update(word.encode())
            found.append(one.digest())
        return list(struct.unpack(f">{len(found)}i", b"".join(found)))

    def _gram(self, part: str) -> int:
        digest = hashlib.blake2b(part.encode(), key=self._marking, digest_size=4, person=b"gram").digest()
        return int.from_bytes(digest, "big", signed=True)


NO_KEY = TenantKey(bytes(KEY_BYTES))
"""For a tenant that has sealed nothing yet: its marks match nothing."""


def opened(masters: MasterKeys, tenant_id: UUID, row: Any) -> TenantKey:
    """A tenant's key from the row that FIND answers."""
    secret = masters.unwrap(row["master_id"], row["wrapped"], tenant_id)
    other, marking = (
        masters.unwrap(row["other_master_id"], row[name], tenant_id) if row[name] is not None else None
        for name in ("other", "marking")
    )
    return TenantKey(secret, other, marking)


class Vault:
    """The tenants' keys of one database, unwrapped when first needed and remembered for REMEMBER_S seconds."""

    def __init__(self, masters: MasterKeys, url: str) -> None:
        self._masters = masters
        self._url = url
        self._known: dict[UUID, tuple[float, TenantKey]] = {}
        self._creating = asyncio.Lock()

    async def tenant(self, tx: Any) -> TenantKey:
        """The key of the transaction's tenant, to open and to find by; NO_KEY if nothing was sealed yet."""
        tenant_id = tx.principal.tenant_id
        known = self._known.get(tenant_id)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        row = await tx.fetch_one(FIND)
        return self._remember(tenant_id, row) if row else NO_KEY

    async def tenant_to_seal(self, tx: Any) -> TenantKey:
        """The key of the transaction's tenant, made if there is none."""
        found = await self.tenant(tx)
        return await self._create(tx.principal.tenant_id) if found is NO_KEY else found

    async def _create(self, tenant_id: UUID) -> TenantKey:
        # Committed apart, on a connection apart: what remembers it must never see it rolled back, and the pool's
        # connections may all be held by transactions that wait for it.
        async with self._creating:
            if known := self._known.get(tenant_id):
                return known[1]
            connection = await asyncpg.connect(self._url, timeout=5)
            try:
                wrapped = self._masters.wrap(os.urandom(KEY_BYTES), tenant_id)
                await connection.execute(CREATE, str(tenant_id), self._masters.newest, wrapped)
                async with connection.transaction():
                    await connection.execute("SELECT set_config('app.tenant', $1, true)", str(tenant_id))
                    row = await connection.fetchrow(FIND.text, tenant_id)
            finally:
                await connection.close()
            return self._remember(tenant_id, row)

    def _remember(self, tenant_id: UUID, row: Any) -> TenantKey:
        key = opened(self._masters, tenant_id, row)
        if len(self._known) >= REMEMBER:
            self._known.clear()
        self._known[tenant_id] = (time.monotonic() + REMEMBER_S, key)
        asyncio.get_running_loop().call_later(REMEMBER_S, self._forget, tenant_id, key)
        return key

    def _forget(self, tenant_id: UUID, key: TenantKey) -> None:
        """Hold a key, and the data keys that it unwrapped, no longer than it is used; also where nobody asks again."""
        known = self._known.get(tenant_id)
        if known is not None and known[1] is key:
            del self._known[tenant_id]
