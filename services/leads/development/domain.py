"""The eight steps of developing accounts, what is to be done in each, and where an account stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.kit.errors import Invalid

MOST_PASSAGES = 100
"""So many of the newest changes of step are told."""
INSTANT = timedelta(microseconds=1)


class ItemTwice(Invalid):
    """Two items have one code."""

    field = "items"
    en = "the item {item} stands there twice"
    zh = "检查项 {item} 重复"


class StepsWithoutItem(Invalid):
    """A step has nothing to do."""

    field = "items"
    en = "there is nothing to do in {steps}"
    zh = "以下步骤没有检查项：{steps}"


class UnknownItem(Invalid):
    """The checklist of the account has no such item."""

    field = "item"
    en = "the checklist of this account has no item {item}"
    zh = "该客户的检查表没有检查项 {item}"


class Step(StrEnum):
    """A step of the process, in its order; DONE once nothing is left to do."""

    SEGMENT_MARKET = "SEGMENT_MARKET"
    FIND_LEADS = "FIND_LEADS"
    CLASSIFY = "CLASSIFY"
    DESIGN_VISITS = "DESIGN_VISITS"
    ALLOCATE = "ALLOCATE"
    PREPARE = "PREPARE"
    SELL = "SELL"
    PLAN_SALES = "PLAN_SALES"
    DONE = "DONE"


WORK = tuple(step for step in Step if step is not Step.DONE)
"""The eight steps with something to do."""


@dataclass(frozen=True)
class DevelopmentItem:
    """One thing to do in a step."""

    step: Step
    code: str
    label: str


class Place(NamedTuple):
    """Which version of which checklist: `version` 0 is the one that ships."""

    territory: str = ""
    segment: str = ""
    version: int = 0


@dataclass(frozen=True)
class DevelopmentChecklist:
    """One version of what is to be done for the accounts of a territory and segment. It never changes."""

    territory: str
    segment: str
    items: tuple[DevelopmentItem, ...]
    version: int = 0
    created_by: UUID | None = None
    create_time: datetime | None = None

    @property
    def place(self) -> Place:
        """Which one it is."""
        return Place(self.territory, self.segment, self.version)

    def check(self) -> None:
        """Refused: ITEM_TWICE, STEPS_WITHOUT_ITEM."""
        seen = set()
        for item in self.items:
            if item.code in seen:
                raise ItemTwice(item=item.code)
            seen.add(item.code)
        if idle := [step for step in WORK if step not in {item.step for item in self.items}]:
            raise StepsWithoutItem(steps=", ".join(idle))

    def step(self, done: Iterable[str]) -> Step:
        """The first step of which something is left to do."""
        ticked = set(done)
        left = {item.step for item in self.items if item.code not in ticked}
        return next((step for step in WORK if step in left), Step.DONE)


@dataclass(frozen=True)
class DevelopmentEntry:
    """That an item was done for an account, or was not after all. It is kept as it was noted."""

    id: UUID
    account_id: UUID
    item: str
    done: bool
    user_id: UUID
    create_time: datetime
    territory: str
    segment: str
    checklist_version: int
    merged_from: UUID | None = None
    """The account for which it was noted, where that was merged into `account_id`."""


@dataclass(frozen=True)
class DevelopmentTick:
    """One thing that is done, and who noted it."""

    item: str
    user_id: UUID
    time: datetime


@dataclass(frozen=True)
class DevelopmentPassage:
    """A step that an account came to."""

    step: Step
    enter_time: datetime


@dataclass
class Development:
    """How far an account has come: it follows from its entries and its checklist alone (see `stand`)."""

    id: UUID
    account_id: UUID
    territory: str
    segment: str
    checklist_version: int
    step: Step = Step.SEGMENT_MARKET
    step_time: datetime | None = None
    ticks: list[DevelopmentTick] = field(default_factory=list)
    passages: list[DevelopmentPassage] = field(default_factory=list)
    create_time: datetime | None = None
    update_time: datetime | None = None
    version: int = 0

    def take(self, entry: DevelopmentEntry, checklist: DevelopmentChecklist) -> None:
        """Let an entry, the newest, count. What the checklist does not ask changes nothing but the version."""
        at = entry.create_time
        self.version, self.create_time, self.update_time = self.version + 1, self.create_time or at, at
        done = {one.item: one for one in self.ticks}
        if not entry.done:
            done.pop(entry.item, None)
        elif entry.item in {one.code for one in checklist.items}:
            done.setdefault(entry.item, DevelopmentTick(entry.item, entry.user_id, at))
        self.ticks = list(done.values())
        step = checklist.step(done)
        if step is not self.step or self.step_time is None:
            self.step, self.step_time = step, at
            self.passages = [*self.passages, DevelopmentPassage(step, at)][-MOST_PASSAGES:]

    def next_entry(
        self, identity: UUID, item: str, done: bool, by: UUID, at: datetime, checklist: DevelopmentChecklist
    ) -> DevelopmentEntry | None:
        """The entry that says so, later than all before; None if it is so already. Refused: UNKNOWN_ITEM."""
        if item not in {one.code for one in checklist.items}:
            raise UnknownItem(item=item)
        if done == (item in {one.item for one in self.ticks}):
            return None
        if self.update_time is not None:
            at = max(at, self.update_time + INSTANT)
        return DevelopmentEntry(identity, self.account_id, item, done, by, at, *checklist.place)


def followed(entries: Sequence[DevelopmentEntry]) -> Place | None:
    """The checklist with which an account began: its own, else that of what was merged into it; None before."""
    own = [one for one in entries if one.merged_from is None]
    first = min(own or entries, key=lambda one: (one.create_time, one.id), default=None)
    return Place(first.territory, first.segment, first.checklist_version) if first else None


def stand(
    identity: UUID, account_id: UUID, entries: Iterable[DevelopmentEntry], checklist: DevelopmentChecklist
) -> Development:
    """How far an account has come by what was noted for it, in whatever order that is given."""
    found = Development(identity, account_id, *checklist.place)
    for entry in sorted(entries, key=lambda one: (one.create_time, one.id)):
        found.take(entry, checklist)
    return found


class StepCount(NamedTuple):
    """Accounts in one step, and how long they have stood there, in seconds."""

    step: str
    accounts: int = 0
    p50_s: float | None = None
    p90_s: float | None = None


class ClassTime(NamedTuple):
    """How long the customers of one class take, in seconds."""

    quintile: int
    accounts: int
    done: int
    p50_s: float
    p90_s: float


GENERAL = DevelopmentChecklist(
    "",
    "",
    (
        DevelopmentItem(Step.SEGMENT_MARKET, "SEGMENT_NAMED", "确定客户所属的区域与细分市场"),
        DevelopmentItem(Step.FIND_LEADS, "CONTACT_FOUND", "找到至少一位关键联系人"),
        DevelopmentItem(Step.CLASSIFY, "CLASS_GIVEN", "完成客户分级"),
        DevelopmentItem(Step.DESIGN_VISITS, "VISITS_DESIGNED", "按等级确定拜访形式与频率"),
        DevelopmentItem(Step.ALLOCATE, "OWNER_NAMED", "明确负责的销售人员"),
        DevelopmentItem(Step.PREPARE, "RESEARCH_DONE", "完成客户调研与话术准备"),
        DevelopmentItem(Step.SELL, "FIRST_VISIT", "完成首次有效拜访"),
        DevelopmentItem(Step.PLAN_SALES, "PLAN_AGREED", "制定并确认销售计划"),
    ),
)
"""What ships, and holds where nothing more telling was published."""
