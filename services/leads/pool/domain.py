"""How leads come into the pool and leave it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Exhausted, Invalid, Refused
from services.leads.leads.domain import Status
from services.leads.notices.domain import News


class ReturnReason(StrEnum):
    """Why a lead came into the pool; see proto/dealtrail/leads/v1/pool.proto."""

    GIVEN_BACK = "GIVEN_BACK"
    IDLE = "IDLE"
    UNCONVERTED = "UNCONVERTED"
    OVER_QUOTA = "OVER_QUOTA"


class Kind(StrEnum):
    """What a user and a lead of the pool had to do with each other."""

    RETURNED = "RETURNED"
    CLAIMED = "CLAIMED"


class LeadInPool(Refused):
    """Nobody works the lead, so nobody can give it back."""

    en = "the lead is in the pool already"
    zh = "线索已在公海中"


class NoticeTooLong(Invalid):
    """A lead would be announced to return before it may have been worked on at all."""

    field = "notice_days"
    en = "the notice must be shorter than idle_days and conversion_days"
    zh = "提前通知的天数必须少于未跟进天数和未转化天数"


class DailyClaimsExhausted(Exhausted):
    """The caller has claimed as many leads today as one may."""

    en = "you may claim {limit} leads a day"
    zh = "每天最多领取 {limit} 条线索"


class PoolViewsExhausted(Exhausted):
    """The caller has looked at as many leads of the pool today as one may."""

    en = "you may look at {limit} leads of the pool a day"
    zh = "每天最多查看公海中的 {limit} 条线索"


class HoldingQuotaReached(Refused):
    """The caller holds as many open leads as one may."""

    en = "you hold {held} open leads; {quota} is the most"
    zh = "您已持有 {held} 条未结线索，上限为 {quota} 条"


class CoolingDown(Refused):
    """The caller gave the lead back, or lost it, too recently."""

    en = "you may claim this lead again from {until}"
    zh = "您可在 {until} 之后再次领取该线索"


class LeadWentToPool(News):
    """The user has lost a lead to the pool."""

    zh = "线索「{company}」已退回公海（{reason}）"
    en = "The lead {company} has returned to the pool ({reason})"


@dataclass
class PoolRules:
    """The tenant's rules; as they ship nothing returns by itself. Days are working days, 0 of the first two: never."""

    idle_days: int = 0
    conversion_days: int = 0
    holding_quota: int = 0
    notice_days: int = 2
    daily_claims: int = 20
    cool_down_days: int = 3
    daily_views: int = 200

    def check(self) -> None:
        """Refused: NOTICE_TOO_LONG."""
        if any(0 < days <= self.notice_days for days in (self.idle_days, self.conversion_days)):
            raise NoticeTooLong

    def days(self, reason: ReturnReason) -> int:
        """The working days after which a lead returns for that reason; 0 where it does not count them."""
        return {ReturnReason.IDLE: self.idle_days, ReturnReason.UNCONVERTED: self.conversion_days}.get(reason, 0)

    def in_force(self) -> list[ReturnReason]:
        """The reasons for which leads return by themselves."""
        on = {
            ReturnReason.IDLE: self.idle_days,
            ReturnReason.UNCONVERTED: self.conversion_days,
            ReturnReason.OVER_QUOTA: self.holding_quota,
        }
        return [reason for reason, number in on.items() if number]

    def may_claim(self, claimed_today: int, held: int) -> None:
        """Refused: DAILY_CLAIMS_EXHAUSTED, HOLDING_QUOTA_REACHED."""
        if claimed_today >= self.daily_claims:
            raise DailyClaimsExhausted(limit=self.daily_claims)
        if self.holding_quota and held >= self.holding_quota:
            raise HoldingQuotaReached(held=held, quota=self.holding_quota)

    def may_view(self, viewed_today: int) -> None:
        """Refused: POOL_VIEWS_EXHAUSTED if the leads looked at today, the present one included, are too many."""
        if viewed_today > self.daily_views:
            raise PoolViewsExhausted(limit=self.daily_views)


@dataclass(frozen=True)
class Move:
    """A lead returned to the pool by or from a user, or claimed by one."""

    id: UUID
    lead_id: UUID
    user_id: UUID
    kind: Kind
    create_time: datetime
    reason: ReturnReason | None = None
    why: str = ""


@dataclass
class PooledLead:
    """A lead of the pool as those see it who do not work it."""

    lead_id: UUID
    company: str
    channel: str
    campaign: str
    status: Status
    score: int
    create_time: datetime
    return_time: datetime
    reason: ReturnReason
