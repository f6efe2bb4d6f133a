"""Signing in, going on, signing out. Passwords are compared while no connection and no row is held."""

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from prometheus_client import Counter

from gateway.identity.access_tokens import LIFE_S, AccessTokens
from gateway.identity.attempts.domain import name_key
from gateway.identity.attempts.operations import Attempts
from gateway.identity.passwords import Passwords
from gateway.identity.sessions.domain import (
    LIFE,
    REUSED,
    SIGNED_OUT,
    OldPasswordWrong,
    RefreshToken,
    Session,
    SessionEnded,
    SignInFailed,
    opened,
)
from gateway.identity.sessions.store import DROP_EXPIRED, sessions
from gateway.identity.system import NOBODY, PLATFORM, system
from gateway.identity.tenants import operations as tenants
from gateway.identity.users import operations as users
from gateway.identity.users.domain import User, sign_in_name
from gateway.identity.users.store import users as user_rows
from services.kit import audit
from services.kit.database import Database, Tx
from services.kit.errors import NotFound
from services.kit.ids import new_id

log = logging.getLogger(__name__)

SIGN_IN, SIGN_OUT, REUSE = "identity.SignIn", "identity.SignOut", "identity.RefreshTokenReused"
"""What the audit log calls the deeds of those whom nobody has vouched for yet."""
SIGN_INS = Counter(
    "identity_sign_ins_total", "Sessions opened, passwords that failed, refresh tokens used twice.", ["outcome"]
)


@dataclass(frozen=True)
class Grant:
    """What the holder of a session gets."""

    access_token: str
    refresh_token: str
    expires_in: int = LIFE_S


class Sessions:
    """Opens, continues and ends sessions. `ended` is told the tenant when one was ended before its time."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        access_tokens: AccessTokens,
        secret: bytes,
        ended: Callable[[UUID], None],
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = Attempts(database)
        self._access_tokens = access_tokens
        self._key = hmac.digest(secret, b"refresh tokens", hashlib.sha256)
        self._ended = ended

    async def open(self, tenant_name: str, username: str, password: str, address: str) -> Grant:
        """Sign in from a network address. Refused: SIGN_IN_FAILED, SIGN_IN_LOCKED, PASSWORDS_BUSY."""
        tenant_name, username = tenant_name.strip().lower(), sign_in_name(username)
        tenant_id = await self._tenant_id(tenant_name)
        found = await self._user(tenant_id, username)
        password_hash = found[1] if found and found[0].active else None
        if not await self._attempts.guarded(
            tenant_id,
            name_key(tenant_name, username),
            found[0].id if found else NOBODY,
            # Without such a user it takes as long, and fails.
            lambda: self._passwords.matches(password, password_hash, address),
        ):
            SIGN_INS.labels("failed").inc()
            raise SignInFailed
        assert found is not None
        async with self._database.transaction(system(tenant_id)) as tx:
            user = await user_rows.get(tx, found[0].id)
            if user.sessions_from != found[0].sessions_from:
                # The password was replaced, or the user left, while it was compared.
                raise SignInFailed
            await tx.execute(DROP_EXPIRED, user_id=user.id)
            session = Session(new_id(), user.id, b"", 0, tx.now, tx.now, tx.now + LIFE)
            token = session.renew(tenant_id)
            await sessions.add(tx, session)
            audit.record(tx, SIGN_IN, session.id, actor_id=user.id)
        SIGN_INS.labels("opened").inc()
        return await self._grant(user, token)

    async def renew(self, text: str) -> Grant:
        """Go on. Refused: SESSION_ENDED."""
        token = opened(text, self._key)
        async with self._database.transaction(system(token.tenant_id)) as tx:
            session = await self._locked(tx, token)
            user = await user_rows.get(tx, session.user_id)
            if session.over(tx.now, user.sessions_from) or not user.active:
                raise SessionEnded
            if good := session.fits(token):
                token = session.renew(token.tenant_id)
            else:
                session.end(tx.now, REUSED)
                audit.record(tx, REUSE, session.id, actor_id=user.id)
            await sessions.save(tx, session)
        if not good:
            SIGN_INS.labels("reused").inc()
            log.warning("a refresh token was used twice", extra={"session": token.session_id})
            self._ended(token.tenant_id)
            raise SessionEnded
        return await self._grant(user, token)

    async def end(self, text: str) -> None:
        """Sign out, as far as there is something to end."""
        try:
            token = opened(text, self._key)
            async with self._database.transaction(system(token.tenant_id)) as tx:
                session = await self._locked(tx, token)
                if session.end_time is not None:
                    return
                session.end(tx.now, SIGNED_OUT)
                audit.record(tx, SIGN_OUT, session.id, actor_id=session.user_id)
                await sessions.save(tx, session)
        except SessionEnded:
            return
        self._ended(token.tenant_id)

    async def change_password(self, tx: Tx, old: str, new: str) -> None:
        """Replace the caller's own password. Refused: OLD_PASSWORD_WRONG, SIGN_IN_LOCKED, PASSWORDS_BUSY."""
        me, tenant = await user_rows.get(tx, tx.principal.user_id), await tenants.own(tx)
        found = await users.named(tx, me.username)
        assert found is not None
        if not await self._attempts.guarded(
            tenant.tenant_id, name_key(tenant.name, me.username), me.id, lambda: self._passwords.matches(old, found[1])
        ):
            raise OldPasswordWrong
        [password_hash] = await self._passwords.hashes([new])
        await users.set_password(tx, me.id, password_hash)

    async def _tenant_id(self, name: str) -> UUID:
        """The tenant of that name; where there is none, the one that has no users."""
        async with self._database.transaction(PLATFORM, read_only=True) as tx:
            tenant = await tenants.named(tx, name)
        return tenant.tenant_id if tenant else NOBODY

    async def _user(self, tenant_id: UUID, username: str) -> tuple[User, str | None] | None:
        async with self._database.transaction(system(tenant_id), read_only=True) as tx:
            return await users.named(tx, username)

    async def _locked(self, tx: Tx, token: RefreshToken) -> Session:
        try:
            return await sessions.locked(tx, token.session_id)
        except NotFound:
            raise SessionEnded from None

    async def _grant(self, user: User, token: RefreshToken) -> Grant:
        access = await self._access_tokens.sign(token.tenant_id, user.id, token.session_id, user.token_version)
        return Grant(access, token.sealed(self._key))
