"""A key of a source: what one looks like, and what is kept of it."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.errors import Invalid, Refused, Unauthenticated

PREFIX = "dti_"
SECRET_BYTES = 24
OWNERS = ("BOSS", "MANAGER", "REP")
"""Who may own leads."""


class UnknownIntakeOwner(Invalid):
    """What comes by the key would belong to nobody who works leads."""

    field = "owner_id"
    en = "no active boss, manager or rep"
    zh = "不是在职的老板、经理或销售"


class IntakeKeyRevoked(Refused):
    """The key has ended for good."""

    en = "this key is revoked; make another"
    zh = "该密钥已吊销，请新建"


@dataclass
class IntakeKey:
    """A key of a source. What is kept of its secret is a digest."""

    id: UUID
    name: str
    owner_id: UUID
    channel: str
    campaign: str
    create_time: datetime
    update_time: datetime
    digest: str = ""
    revoke_time: datetime | None = None
    version: int = 1

    def rotate(self, tenant_id: UUID) -> str:
        """Another secret in the place of the one before; the key to show. Refused: INTAKE_KEY_REVOKED."""
        if self.revoke_time is not None:
            raise IntakeKeyRevoked
        secret = secrets.token_bytes(SECRET_BYTES)
        self.digest = hashlib.sha256(secret).hexdigest()
        return PREFIX + urlsafe_b64encode(tenant_id.bytes + self.id.bytes + secret).decode().rstrip("=")

    def revoke(self, now: datetime) -> bool:
        """End it for good; whether that is new."""
        if self.revoke_time is not None:
            return False
        self.revoke_time = now
        return True

    def is_opened_by(self, secret: bytes) -> bool:
        """Whether that is its secret, and it is good."""
        same = hmac.compare_digest(self.digest, hashlib.sha256(secret).hexdigest())
        return same and self.revoke_time is None


def parts(key: str) -> tuple[UUID, UUID, bytes]:
    """Tenant, id and secret of a key as it is sent. Refused: UNAUTHENTICATED if it is none."""
    text = key.removeprefix(PREFIX)
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found = UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:]
    except ValueError:
        raise Unauthenticated from None
    if not key.startswith(PREFIX) or len(found[2]) != SECRET_BYTES:
        raise Unauthenticated
    return found
