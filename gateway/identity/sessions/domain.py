"""A session and the refresh tokens by which it goes on, each good for once."""

import binascii
import hashlib
import hmac
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.kit.errors import Denied, Unauthenticated

LIFE = timedelta(days=30)
SIGNED_OUT, REUSED = "SIGNED_OUT", "REUSED"


class SignInFailed(Unauthenticated):
    """Whatever was wrong: which of the three it was is nobody's business."""

    en = "the tenant, the username or the password is wrong"
    zh = "租户、用户名或密码错误"


class SessionEnded(Unauthenticated):
    """The refresh token gets no further."""

    en = "the session is over; sign in again"
    zh = "会话已结束，请重新登录"


class OldPasswordWrong(Denied):
    """Whoever changes a password must know the one that it replaces."""

    field = "old_password"
    en = "this is not the password until now"
    zh = "原密码错误"


@dataclass(frozen=True)
class RefreshToken:
    """One refresh token: which session it continues, the how manieth it is, and a secret."""

    tenant_id: UUID
    session_id: UUID
    generation: int
    secret: bytes

    def digest(self) -> bytes:
        """What is kept of it."""
        return hashlib.sha256(self.secret).digest()

    def sealed(self, key: bytes) -> str:
        """As its holder has it; the seal shows that it was ours, even long after its digest was replaced."""
        body = _BODY.pack(self.tenant_id.bytes, self.session_id.bytes, self.generation, self.secret)
        return urlsafe_b64encode(body + _seal(key, body)).decode()


_BODY = struct.Struct(">16s16sI32s")


def opened(text: str, key: bytes) -> RefreshToken:
    """The token that its holder sent. Refused: SESSION_ENDED unless it was ours."""
    try:
        raw = urlsafe_b64decode(text)
        body, seal = raw[: _BODY.size], raw[_BODY.size :]
        tenant, session, generation, secret = _BODY.unpack(body)
    except (ValueError, binascii.Error, struct.error):
        raise SessionEnded from None
    if not hmac.compare_digest(seal, _seal(key, body)):
        raise SessionEnded
    return RefreshToken(UUID(bytes=tenant), UUID(bytes=session), generation, secret)


def _seal(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:16]


@dataclass
class Session:
    """What one signing in opened: a family of refresh tokens of which the last is good."""

    id: UUID
    user_id: UUID
    digest: bytes
    generation: int
    create_time: datetime
    update_time: datetime
    expire_time: datetime
    end_time: datetime | None = None
    end_reason: str = ""
    version: int = 1

    def over(self, now: datetime, sessions_from: datetime) -> bool:
        """Whether nothing can be got from it any more; `sessions_from` is the user's."""
        return self.end_time is not None or self.expire_time <= now or self.create_time < sessions_from

    def fits(self, token: RefreshToken) -> bool:
        """Whether this is its last token; one that was ours and is not the last has been used before."""
        return token.generation == self.generation and hmac.compare_digest(token.digest(), self.digest)

    def renew(self, tenant_id: UUID) -> RefreshToken:
        """The next token; those before are used up."""
        self.generation += 1
        token = RefreshToken(tenant_id, self.id, self.generation, secrets.token_bytes(32))
        self.digest = token.digest()
        return token

    def end(self, now: datetime, reason: str) -> None:
        """No token of it is good any more."""
        self.end_time, self.end_reason = now, reason
