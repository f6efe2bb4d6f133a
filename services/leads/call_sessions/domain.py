"""A time, a place, a script and a list."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.leads.call_scripts.domain import ScriptFinding
from services.leads.notices.domain import News

EARLY = timedelta(minutes=15)
"""So long before it begins a session may be opened."""


class NobodyToCall(Invalid):
    """The list is empty."""

    field = "lead_ids"
    en = "name at least one lead or contact to call"
    zh = "请至少指定一个要拨打的线索或联系人"


class UnknownCallee(Invalid):
    """The caller sees no such lead or contact."""

    field = "lead_ids"
    en = "there is no lead or contact {callee}"
    zh = "线索或联系人 {callee} 不存在"


class CalleeNotTheirs(Invalid):
    """Who is to call sees no such lead or contact, though the caller does."""

    field = "lead_ids"
    en = "who is to call does not see the lead or contact {callee}: assign or share it first"
    zh = "拨打人看不到线索或联系人 {callee}，请先移交或共享"


class NotYoursToPlan(Invalid):
    """Only those above plan what others do."""

    field = "owner_id"
    en = "only a manager or the boss plans sessions for others"
    zh = "仅主管或老板可为他人安排电话销售时段"


class SlotTaken(Refused):
    """Nobody is in two places at once."""

    field = "begin_time"
    en = "another session is planned from {begin} to {end}"
    zh = "{begin} 至 {end} 已安排其他电话销售时段"


class NotYourSession(Refused):
    """Somebody else holds it."""

    en = "somebody else holds this session"
    zh = "该电话销售时段由他人负责"


class SessionNotPlanned(Refused):
    """It was opened or closed before."""

    en = "the session is {state}"
    zh = "该电话销售时段当前为 {state}"


class SessionClosed(Refused):
    """It is over."""

    en = "the session is closed already"
    zh = "该电话销售时段已结束"


class SessionNotOpen(Refused):
    """Calls are made while a session is open."""

    en = "the session is {state}; calls are made while it is open"
    zh = "该电话销售时段当前为 {state}，开启后方可记录通话"


class OutsideSlot(Refused):
    """The time of the session is not now."""

    en = "the session is held from {begin} to {end}"
    zh = "该电话销售时段为 {begin} 至 {end}，当前不可开启"


class RehearsalMissing(Refused):
    """The script demands to be rehearsed."""

    en = "rehearse version {version} of the script {script} before you call by it"
    zh = "使用话术 {script} 第 {version} 版前须先完成模拟演练"


class CallSessionPlanned(News):
    """Somebody else has planned a session that the user is to hold."""

    zh = "已为您安排电话销售时段：{begin}，共 {calls} 个电话"
    en = "A calling session was planned for you: {begin}, {calls} calls"


class CallSessionCancelled(News):
    """A session that the user was to hold, or had planned for somebody, is not held."""

    zh = "{begin} 的电话销售时段已取消"
    en = "The calling session of {begin} was cancelled"


class State(StrEnum):
    """Where a session stands."""

    PLANNED = "PLANNED"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass
class CallSession:
    """When and where somebody does nothing but call, by one version of a script."""

    id: UUID
    owner_id: UUID
    team_id: UUID | None
    begin_time: datetime
    end_time: datetime
    place: str
    script_code: str
    script_version: int
    calls: int
    create_time: datetime
    update_time: datetime
    planned_by: UUID | None = None
    """Who planned it, if that was not its owner."""
    findings: tuple[ScriptFinding, ...] = ()
    state: State = State.PLANNED
    open_time: datetime | None = None
    close_time: datetime | None = None
    collaborators: list[UUID] = field(default_factory=list)
    version: int = 1

    def must_be_of(self, user_id: UUID) -> None:
        """Refused: NOT_YOUR_SESSION."""
        if user_id != self.owner_id:
            raise NotYourSession

    def must_be_open(self) -> None:
        """Refused: SESSION_NOT_OPEN."""
        if self.state is not State.OPEN:
            raise SessionNotOpen(state=self.state)

    def open(self, at: datetime) -> None:
        """Begin to call. Refused: SESSION_NOT_PLANNED, OUTSIDE_SLOT."""
        if self.state is not State.PLANNED:
            raise SessionNotPlanned(state=self.state)
        if not self.begin_time - EARLY <= at < self.end_time:
            raise OutsideSlot(begin=_minute(self.begin_time), end=_minute(self.end_time))
        self.state, self.open_time = State.OPEN, at

    def close(self, by: UUID, at: datetime) -> None:
        """End it, or give it up. Refused: NOT_YOUR_SESSION, SESSION_CLOSED."""
        if by != self.planned_by or self.state is State.OPEN:
            self.must_be_of(by)
        if self.state is State.CLOSED:
            raise SessionClosed
        self.state, self.close_time = State.CLOSED, at

    def told(self) -> "CallSession":
        """It, without what somebody typed."""
        return replace(self, place="")


def taken(other_begin: datetime, other_end: datetime) -> SlotTaken:
    """The refusal that names the session which stands in the way."""
    return SlotTaken(begin=_minute(other_begin), end=_minute(other_end))


def _minute(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
