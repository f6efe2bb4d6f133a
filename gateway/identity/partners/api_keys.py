"""API keys of partners: what one looks like, and whose it is."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from gateway.identity.partners.store import KEY
from gateway.identity.system import system
from services.kit.database import Database
from services.kit.errors import Unauthenticated
from services.kit.principal import Principal

PREFIX = b"dtp_"
SECRET_BYTES = 32
ROLE = "PARTNER"


def make(tenant_id: UUID, key_id: UUID) -> tuple[str, str]:
    """A new API key for that id, and the digest that is kept of it."""
    secret = secrets.token_bytes(SECRET_BYTES)
    text = urlsafe_b64encode(tenant_id.bytes + key_id.bytes + secret).decode().rstrip("=")
    return PREFIX.decode() + text, _digest(secret)


class ApiKeys:
    """Knows partners by their API keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def principal(self, token: bytes) -> Principal:
        """The partner whose key it is. Refused: UNAUTHENTICATED if it is malformed, unknown or has ended."""
        tenant_id, key_id, secret = _parts(token)
        async with self._database.transaction(system(tenant_id), read_only=True) as tx:
            row = await tx.fetch_one(KEY, id=key_id)
        if row is None or not hmac.compare_digest(row["digest"], _digest(secret)):
            raise Unauthenticated
        return Principal(tenant_id, row["partner_id"], ROLE, None)


def _parts(token: bytes) -> tuple[UUID, UUID, bytes]:
    text = token.removeprefix(PREFIX)
    try:
        raw = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
        found = UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:]
    except ValueError:
        raise Unauthenticated from None
    if len(found[2]) != SECRET_BYTES:
        raise Unauthenticated
    return found


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()
