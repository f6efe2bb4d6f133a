"""A user, and who may change whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Denied, Invalid, Refused


class Role(StrEnum):
    """What a user is; see proto/dealtrail/type/v1/access.proto."""

    BOSS = "BOSS"
    MANAGER = "MANAGER"
    REP = "REP"
    ADMIN = "ADMIN"
    PARTNER = "PARTNER"


class UsernameTaken(Refused):
    """Somebody else signs in by that name."""

    field = "username"
    en = "somebody signs in as {username} already"
    zh = "登录名 {username} 已被使用"


class UnknownTeam(Invalid):
    """The tenant has no such team."""

    field = "team_id"
    en = "there is no such team"
    zh = "没有这个团队"


class AboveYou(Denied):
    """An ADMIN would become or overrule a BOSS, and thereby see what an ADMIN must not."""

    en = "only a BOSS may make or change a BOSS"
    zh = "只有老板可以设置或修改老板账号"


class LastBoss(Refused):
    """Nobody would be left who sees everything."""

    en = "this is the last active BOSS"
    zh = "这是最后一位在职的老板"


@dataclass
class User:
    """Somebody who works for the tenant."""

    id: UUID
    username: str
    display_name: str
    role: Role
    team_id: UUID | None
    sessions_from: datetime
    """Sessions opened before are over."""
    create_time: datetime
    update_time: datetime
    active: bool = True
    token_version: int = 1
    """Access tokens of another version are refused."""
    version: int = 1

    def change_role(self, role: Role) -> None:
        """Make the user something else; tokens given so far end."""
        if role is not self.role:
            self.role = role
            self.token_version += 1

    def leave(self, now: datetime) -> None:
        """The user works here no more."""
        self.active = False
        self.end_sessions(now)

    def end_sessions(self, now: datetime) -> None:
        """Whoever holds a token of the user's must sign in anew."""
        self.token_version += 1
        self.sessions_from = now


def must_not_be_above(actor: str, *roles: Role) -> None:
    """Whether the actor may touch somebody who is, or is to be, of these roles. Refused: ABOVE_YOU."""
    if actor == Role.ADMIN and Role.BOSS in roles:
        raise AboveYou


def sign_in_name(text: str) -> str:
    """The one form in which a name for signing in is kept and compared."""
    return text.strip().lower()
