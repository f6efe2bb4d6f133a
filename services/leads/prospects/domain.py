"""A prospect, and what a promotion to the next layer of the small funnel asks for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused


class ProspectStatus(StrEnum):
    """Where a prospect stands. PROMOTED and SET_ASIDE are final."""

    PROSPECTIVE = "PROSPECTIVE"
    PROMOTED = "PROMOTED"
    SET_ASIDE = "SET_ASIDE"


class ProspectIdTaken(Refused):
    """The id is that of a prospect which is not in the caller's sight."""

    field = "id"
    en = "this id is taken"
    zh = "该编号已被占用"


class ProspectNotOpen(Refused):
    """The prospect became a lead or was set aside already."""

    en = "the prospect is {status} and can no longer be changed"
    zh = "潜在客户已处于 {status} 状态，不能再修改"


class WayToReachMissing(Invalid):
    """A rule of the tenant asks for a phone number or a mail address."""

    field = "phone"
    en = "a prospect becomes a lead only with a phone number or a mail address"
    zh = "潜在客户转为线索必须有电话或邮箱"


class ContactNameMissing(Invalid):
    """A rule of the tenant asks for somebody's name."""

    field = "contact_name"
    en = "a prospect becomes a lead only with the name of somebody there"
    zh = "潜在客户转为线索必须有联系人姓名"


class InterestMissing(Refused):
    """A rule of the tenant asks that somebody in some role is interested."""

    en = "a lead becomes a deal only if a contact role has a recorded interest"
    zh = "商机是客户某一角色对你有兴趣：请先记录联系人角色及其兴趣"


@dataclass
class PromotionRules:
    """What the tenant asks of promotions."""

    need_way_to_reach: bool = True
    need_contact_name: bool = False
    need_interest: bool = False

    def check(self, contact_name: str, phone: str, email: str) -> None:
        """Whether a prospect may become a lead. Refused: WAY_TO_REACH_MISSING, CONTACT_NAME_MISSING."""
        if self.need_way_to_reach and not (phone or email):
            raise WayToReachMissing
        if self.need_contact_name and not contact_name:
            raise ContactNameMissing


@dataclass
class Prospect:
    """A company of our market that might become a lead."""

    id: UUID
    company: str
    industry: str
    region: str
    channel: str
    owner_id: UUID
    team_id: UUID | None
    collaborators: list[UUID]
    create_time: datetime
    update_time: datetime
    product: str = ""
    status: ProspectStatus = ProspectStatus.PROSPECTIVE
    lead_id: UUID | None = None
    version: int = 1

    def promote(self, lead_id: UUID) -> None:
        """It became that lead. Refused: PROSPECT_NOT_OPEN."""
        self._must_be_open()
        self.status, self.lead_id = ProspectStatus.PROMOTED, lead_id

    def set_aside(self) -> None:
        """Nothing will come of it. Refused: PROSPECT_NOT_OPEN."""
        self._must_be_open()
        self.status = ProspectStatus.SET_ASIDE

    def _must_be_open(self) -> None:
        if self.status is not ProspectStatus.PROSPECTIVE:
            raise ProspectNotOpen(status=self.status)
