"""What stands in a timeline, and how what is known of its subjects grows, in whatever order it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from services.kit.sentences import fill

UNTOLD = datetime(1, 1, 1, tzinfo=UTC)
"""When we were told of a subject of which nobody has said yet who sees it."""


class Category(StrEnum):
    """What sort of thing happened."""

    VISIT = "VISIT"
    COMMUNICATION = "COMMUNICATION"
    DOCUMENT = "DOCUMENT"
    STATE = "STATE"


class Visibility(StrEnum):
    """Who sees an entry: whoever sees its subject, or its author alone (and the boss)."""

    NORMAL = "NORMAL"
    PRIVATE = "PRIVATE"


class About(StrEnum):
    """What an entry is about."""

    ACCOUNT = "ACCOUNT"
    LEAD = "LEAD"
    DEAL = "DEAL"
    CONTRACT = "CONTRACT"


@dataclass(frozen=True, slots=True)
class Sight:
    """Who sees a subject: its owner, the owner's team from above, and those whom the owner lets."""

    owner_id: UUID
    team_id: UUID | None
    collaborators: tuple[UUID, ...] = ()
    exclusive: bool = False
    """Whether its owner alone sees it."""


@dataclass(slots=True)
class Subject:
    """An account, lead, deal or contract, as far as the timeline must know: what it belongs to and who sees it.

    It is told with every event about it. Links, once set, never change; of what was said of its
    sight the highest (version, told_time) holds. So the order of telling does not matter. Version 0
    is hearsay: an event of something else spoke of it.
    """

    id: UUID
    about: About
    account_id: UUID | None = None
    deal_id: UUID | None = None
    sight: Sight | None = None
    version: int = -1
    told_time: datetime = UNTOLD
    shown_account_id: UUID | None = field(default=None, compare=False)
    """The account that its own was merged into. None if that stands by itself."""
    merged_into: "Subject | None" = field(default=None, init=False, compare=False)
    """The lead that it was merged into in the end. None if it stands by itself."""

    def learn(self, news: "Subject") -> None:
        """Take in what an event says of it."""
        self.account_id = self.account_id or news.account_id
        self.deal_id = self.deal_id or news.deal_id
        if news.sight is not None and (news.version, news.told_time) > (self.version, self.told_time):
            self.sight, self.version, self.told_time = news.sight, news.version, news.told_time

    @property
    def shown(self) -> tuple[UUID | None, UUID | None, Sight | None]:
        """What its entries take over from it."""
        return (self.account_id, self.deal_id, self.sight)

    @property
    def seen_as(self) -> UUID:
        """The subject whose owner decides who sees its entries: a converted lead goes where its deal goes, and what was
        merged where it was merged into.
        """
        if self.merged_into is not None:
            return self.merged_into.seen_as
        if self.about is About.ACCOUNT and self.shown_account_id:
            return self.shown_account_id
        return self.deal_id if self.about is About.LEAD and self.deal_id else self.id


@dataclass(slots=True)
class Entry:
    """One thing that happened. Its owner columns are those of its subject; a private one's owner is its author."""

    id: UUID
    kind: str
    category: Category
    occurred_time: datetime
    recorded_time: datetime
    actor_id: UUID
    facts: dict[str, str] = field(default_factory=dict)
    visibility: Visibility = Visibility.NORMAL
    account_id: UUID | None = None
    merged_from: UUID | None = None
    """The account that it belongs to by itself, where that was merged into `account_id`."""
    lead_id: UUID | None = None
    deal_id: UUID | None = None
    contract_id: UUID | None = None
    seen_as: UUID | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    collaborators: list[UUID] = field(default_factory=list)
    exclusive: bool = False
    version: int = 1

    def place(self, subject: Subject, decides: Subject) -> None:
        """Put it under its subject, seen by whom the deciding subject is seen."""
        stands = subject.merged_into or subject
        self.account_id, self.deal_id = stands.shown_account_id or stands.account_id, stands.deal_id
        self.merged_from = stands.account_id if stands.shown_account_id else None
        if subject.about is About.LEAD:
            self.lead_id = subject.id
        elif subject.about is About.CONTRACT:
            self.contract_id = subject.id
        self.seen_as = subject.seen_as
        sight = decides.sight or subject.sight
        if self.visibility is Visibility.PRIVATE:
            sight = Sight(self.actor_id, None)
        if sight is not None:
            self.owner_id, self.team_id, self.collaborators = sight.owner_id, sight.team_id, list(sight.collaborators)
            self.exclusive = sight.exclusive


@dataclass(slots=True)
class Moment:
    """One entry on its way into the timeline, and what was said of its subject with it."""

    entry: Entry
    subject: Subject


SUMMARIES: dict[str, tuple[str, str]] = {
    "LEAD_CAPTURED": (
        "获得线索[，渠道 {channel}][，活动 {campaign}]",
        "Lead captured[ by {channel}][, campaign {campaign}]",
    ),
    "LEAD_ASSIGNED": ("线索移交", "Lead handed over"),
    "LEAD_RETURNED": ("线索退回公海，原因 {reason}", "Lead returned to the pool: {reason}"),
    "LEAD_CLAIMED": ("从公海领取线索", "Lead claimed from the pool"),
    "INTEREST_RECORDED": ("记录兴趣，角色 {role}", "Interest recorded: {role}"),
    "PROMOTION_REFUSED": ("转化为商机被拒，原因 {reason}", "Promotion to a deal refused: {reason}"),
    "LEAD_UPDATED": ("线索资料变更", "Lead changed"),
    "LEAD_HELD": ("线索因撞单冻结", "Lead held by a collision"),
    "LEAD_RELEASED": ("撞单裁定，线索解冻", "Collision awarded, lead held no longer"),
    "LEAD_MERGED": ("与其他线索记录合并", "Lead merged with another record of it"),
    "LEAD_MERGE_UNDONE": ("撤销线索合并", "Merge of leads undone"),
    "LEAD_SHARED": ("线索共享变更", "Lead shared anew"),
    "LEAD_TEMPERATURE_CHANGED": (
        "线索温度评为 {temperature}[，原为 {fromTemperature}]",
        "Lead is {temperature}[, {fromTemperature} before]",
    ),
    "LEAD_ENROLLED": (
        "加入培育计划 {plan}，按 {temperature} 节奏",
        "Enrolled in the nurturing plan {plan}, by its cadence for {temperature}",
    ),
    "ENROLMENT_ENDED": ("培育计划 {plan} 结束（{reason}）", "Nurturing by the plan {plan} ended: {reason}"),
    "LEAD_QUALIFIED": ("线索合格[，评分 {score}]", "Lead qualified[, score {score}]"),
    "LEAD_JUDGED": ("按规范评估未达标，评分 {score}", "Judged by the standard and not passed, score {score}"),
    "LEAD_DISCARDED": ("放弃线索，原因 {reason}", "Lead discarded: {reason}"),
    "LEAD_DISCARD_REQUESTED": (
        "申请放弃线索，原因 {reason}，待复核",
        "Giving the lead up waits for a second look: {reason}",
    ),
    "LEAD_DISCARD_REJECTED": ("复核未通过，继续跟进（原因 {reason}）", "Not given up after a second look: {reason}"),
    "LEAD_REOPENED": ("线索重新激活（原放弃原因 {reason}）", "Lead reopened; it had been discarded: {reason}"),
    "LEAD_EXCLUSIVITY_OVERRIDDEN": ("线索专属权解除，原因 {purpose}", "Lead no longer exclusive: {purpose}"),
    "LEAD_CONVERTED": ("线索转化为客户和商机", "Lead converted to an account and a deal"),
    "ACCOUNT_CREATED": ("客户建档[，行业 {industry}]", "Account opened[, industry {industry}]"),
    "ACCOUNT_UPDATED": ("客户资料变更", "Account changed"),
    "ACCOUNT_MERGED": ("与其他客户记录合并", "Account merged with another record of it"),
    "ACCOUNT_MERGE_UNDONE": ("撤销客户合并", "Merge of accounts undone"),
    "CONTACT_CREATED": ("新增联系人", "Contact added"),
    "CONTACT_UPDATED": ("联系人资料变更", "Contact changed"),
    "CONTACT_MERGED": ("联系人与其重复记录合并", "Contact merged with another record of the person"),
    "CONTACT_MERGE_UNDONE": ("撤销联系人合并", "Merge of contacts undone"),
    "RELATION_JUDGED": (
        "客户关系评定为 {level} 级[，原为 {fromLevel} 级][，目标 {targetLevel} 级]",
        "Relation judged to be of level {level}[, {fromLevel} before][, aiming at {targetLevel}]",
    ),
    "DEVELOPMENT_STEP_CHANGED": (
        "客户发展进入步骤 {step}[，原为 {fromStep}]",
        "Development came to {step}[, {fromStep} before]",
    ),
    "WALL_SCORED": ("关系墙评测，周期 {cycle}", "Relation wall scored for {cycle}"),
    "SPEND_RECORDED": (
        "记录品类支出 {category} {period}：{amount} {currency}",
        "Spend on {category} in {period} recorded: {amount} {currency}",
    ),
    "ACCOUNT_PLAN_DRAFTED": (
        "拟定客户运营计划，{firstYear} 年起 {years} 年",
        "Account plan drafted for {years} years from {firstYear}",
    ),
    "ACCOUNT_PLAN_UPDATED": ("修订客户运营计划", "Account plan changed"),
    "ACCOUNT_PLAN_APPROVED": (
        "客户运营计划获批[，第 {approvals} 版]",
        "Account plan approved[, version {approvals}]",
    ),
    "ACCOUNT_PLAN_CLOSED": ("客户运营计划关闭", "Account plan closed"),
    "PLAN_ACTION_ADDED": ("约定运营计划行动，{dueDate} 到期", "Action of the account plan agreed on, due {dueDate}"),
    "PLAN_ACTION_SETTLED": (
        "运营计划行动了结（{status}），原定 {dueDate}",
        "Action of the account plan {status}, due {dueDate}",
    ),
    "ACCOUNT_CHAIN_CHANGED": ("痛苦链或决策链变更：{kind} {deed}", "Pain or decision chain changed: {kind} {deed}"),
    "FIT_JUDGED": ("匹配度评估[，得分 {score}]", "Fit of our products judged[: {score}]"),
    "SELECTION_DECIDED": (
        "战略客户评审：{decision}[，得分 {score}]，{reviewDate} 复核",
        "Account selection: {decision}[, score {score}], to be looked at again on {reviewDate}",
    ),
    "ISSUE_OPENED": ("记录客户问题", "Issue recorded"),
    "ISSUE_CLOSED": ("客户问题已解决", "Issue settled"),
    "DEAL_OPENED": (
        "商机开启，阶段 {stageLabel}[，金额 {amount} {currency}]",
        "Deal opened in {stageLabel}[, {amount} {currency}]",
    ),
    "DEAL_ADVANCED": ("阶段推进：{fromStageLabel} → {stageLabel}", "Deal advanced: {fromStageLabel} → {stageLabel}"),
    "DEAL_REGRESSED": ("阶段回流：{fromStageLabel} → {stageLabel}", "Deal moved back: {fromStageLabel} → {stageLabel}"),
    "DEAL_WON": ("赢单[，金额 {amount} {currency}]", "Deal won[, {amount} {currency}]"),
    "DEAL_LOST": ("输单，原因 {reason}", "Deal lost: {reason}"),
    "DEAL_TRIAGED": (
        "三一客判定[，定性 {value}][，定级 {grade}][，定量 {amount} {currency}]",
        "Deal triaged[, value {value}][, grade {grade}][, {amount} {currency}]",
    ),
    "DEAL_FORECAST_CHANGED": (
        "预期变更[，金额 {amount} {currency}][，预计签约 {expectedSignDate}]",
        "Forecast changed[, {amount} {currency}][, signing expected {expectedSignDate}]",
    ),
    "DEAL_ASSIGNED": ("商机移交", "Deal handed over"),
    "DEAL_SHARED": ("商机共享变更", "Deal shared anew"),
    "CONTRACT_DRAFTED": (
        "起草合同 {number}[，金额 {amount} {currency}]",
        "Contract {number} drafted[, {amount} {currency}]",
    ),
    "CONTRACT_UPDATED": (
        "修改合同 {number}[，金额 {amount} {currency}]",
        "Contract {number} changed[, {amount} {currency}]",
    ),
    "CONTRACT_SIGNED": (
        "签订合同 {number}[，金额 {amount} {currency}]",
        "Contract {number} signed[, {amount} {currency}]",
    ),
    "CONTRACT_CANCELLED": ("合同草稿 {number} 作废", "Contract draft {number} given up"),
    "CONTRACT_ASSIGNED": ("合同 {number} 移交", "Contract {number} handed over"),
    "RECEIPT_RECORDED": ("回款 {amount} {currency}", "Receipt of {amount} {currency}"),
    "RECEIPT_APPLIED": (
        "回款核销[，未核销 {unapplied} {currency}]",
        "Receipt applied[, {unapplied} {currency} left unapplied]",
    ),
    "RECEIPT_VOIDED": ("回款 {amount} {currency} 作废", "Receipt of {amount} {currency} voided"),
    "INSTALMENT_PAID": (
        "第 {seq} 期款项结清，{amount} {currency}",
        "Instalment {seq} paid in full, {amount} {currency}",
    ),
}
"""What to say of each change of state, in Chinese and English, from its facts. What stands in brackets is left out
where a fact is missing."""

WAYS = {"IN": ("，来自客户", " from the customer"), "OUT": ("，发给客户", " to the customer")}


def changed(kind: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """A change of state as a sentence, in Chinese and English."""
    zh, en = SUMMARIES.get(kind, (kind, kind))
    return fill(zh, facts), fill(en, facts)


def describe(labels: tuple[str, str], facts: Mapping[str, str]) -> tuple[str, str]:
    """A touchpoint of a kind with these labels as a sentence, in Chinese and English."""
    way_zh, way_en = WAYS.get(facts.get("direction", ""), ("", ""))
    zh, en = labels
    return zh + way_zh + fill("[，{durationS} 秒]", facts), en + way_en + fill("[, {durationS} s]", facts)
