"""The ways a service says no, and how each travels: gRPC code, machine reason, message in English and Chinese."""

import re
from typing import Any, ClassVar

from grpc import StatusCode


class Problem(Exception):
    """A refusal that the caller may read. Subclasses are named for the fact; `reason` is derived from the name.

    `en` and `zh` are templates filled from the keyword arguments; the arguments travel as metadata
    of the error, so they must hold no personal data.
    """

    code: ClassVar[StatusCode] = StatusCode.UNKNOWN
    reason: ClassVar[str] = "PROBLEM"
    field: ClassVar[str] = ""
    en: ClassVar[str] = "the request cannot be carried out"
    zh: ClassVar[str] = "无法执行该请求"

    def __init_subclass__(cls) -> None:
        cls.reason = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).upper()

    def __init__(self, **facts: Any) -> None:
        self.facts = {name: str(value) for name, value in facts.items()}
        super().__init__(self.message())

    def message(self, language: str = "en") -> str:
        """What people read, in "en" or "zh"."""
        return (self.zh if language == "zh" else self.en).format_map(self.facts)

    def violations(self, language: str = "en") -> list[tuple[str, str]]:
        """The fields at fault and what is wrong with each."""
        return [(self.field, self.message(language))] if self.field else []


class Invalid(Problem):
    """The request itself breaks a rule; sending it again cannot help."""

    code = StatusCode.INVALID_ARGUMENT
    en = "the request is invalid"
    zh = "请求无效"


class Violated(Invalid):
    """Named fields break rules. Its reason is INVALID: the fields say the rest."""

    def __init__(self, *faults: tuple[str, str, str]) -> None:
        """`faults` are (field, what is wrong in English, the same in Chinese)."""
        self._faults = faults
        super().__init__()

    def message(self, language: str = "en") -> str:
        text = super().message(language)
        return text + "".join(
            f"; {field}: {fault}" if field else f"; {fault}" for field, fault in self.violations(language)[:3]
        )

    def violations(self, language: str = "en") -> list[tuple[str, str]]:
        return [(field, zh if language == "zh" else en) for field, en, zh in self._faults]


Violated.reason = "INVALID"


class Unauthenticated(Problem):
    """Nobody vouches for the caller."""

    code = StatusCode.UNAUTHENTICATED
    en = "sign in first"
    zh = "请先登录"


class Denied(Problem):
    """The caller is known and may not do this."""

    code = StatusCode.PERMISSION_DENIED
    en = "you may not do this"
    zh = "您没有权限执行此操作"


class NotFound(Problem):
    """There is no such thing in the caller's sight."""

    code = StatusCode.NOT_FOUND
    en = "no such {kind} in your sight"
    zh = "找不到该{kind_zh}"


class Conflict(Problem):
    """Somebody else was first; read again and decide anew."""

    code = StatusCode.ABORTED
    en = "it was changed meanwhile; read it again"
    zh = "数据已被他人修改，请重新读取"


class Refused(Problem):
    """The state of things forbids it."""

    code = StatusCode.FAILED_PRECONDITION


class Exhausted(Problem):
    """A limit is reached; later it may work."""

    code = StatusCode.RESOURCE_EXHAUSTED


class Unavailable(Problem):
    """A part is out of reach; the same call may work later."""

    code = StatusCode.UNAVAILABLE
    en = "the service is not ready; try again"
    zh = "服务暂不可用，请稍后重试"


class Expired(Problem):
    """The time for the call has run out."""

    code = StatusCode.DEADLINE_EXCEEDED
    en = "no time is left for this call"
    zh = "请求超时"


class VersionMismatch(Conflict):
    """If-Match named another version than the one that stands."""

    en = "it is at version {version} now, not at the one you read"
    zh = "当前版本为 {version}，与您读取的版本不一致"


class IdempotencyKeyMissing(Invalid):
    """A command that creates or moves money came without a key."""

    en = "this command needs an Idempotency-Key header"
    zh = "该操作需要 Idempotency-Key 请求头"


class IdempotencyKeyMismatch(Invalid):
    """The key was used before for another request."""

    en = "this idempotency key was used for another request"
    zh = "该幂等键已用于另一个请求"


class CommandInFlight(Conflict):
    """The same command is being carried out at this moment."""

    en = "the same command is being carried out; try again in a second"
    zh = "相同的操作正在执行，请稍后重试"


class RoleNotAllowed(Denied):
    """The method is not for the caller's role."""

    en = "the role {role} may not call {method}"
    zh = "角色 {role} 无权调用 {method}"


class PageTokenInvalid(Invalid):
    """The page token is not from this very list."""

    field = "page_token"
    en = "the page token is not from this list"
    zh = "分页标记不属于该列表"


def all_problems() -> list[type[Problem]]:
    """Every refusal known in this process, for documentation and for the completeness test."""
    found, queue = [], [Problem]
    while queue:
        for kind in queue.pop().__subclasses__():
            found.append(kind)
            queue.append(kind)
    return found
