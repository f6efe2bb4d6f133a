"""Who does what in each step of managing leads, and what a chart lacks before it can hold."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.leads.notices.domain import News


class DutyTwice(Invalid):
    """Two assignments are the same."""

    field = "assignments"
    en = "the same duty of {step} stands there twice"
    zh = "步骤 {step} 的同一职责重复"


class HolderMissing(Invalid):
    """A user is to have a duty and is not named, or is named where a role has it."""

    field = "assignments"
    en = "{step}: name a user where the party is USER, and only there"
    zh = "步骤 {step}：仅当职责人为 USER 时须指定人员"


class UnknownHolder(Invalid):
    """The user who is to have a duty is no active member of the tenant."""

    field = "assignments"
    en = "a duty names somebody who is no active user"
    zh = "职责中指定的人员不存在或已离职"


class StepsWithoutAccountable(Refused):
    """Steps have no A."""

    field = "assignments"
    en = "nobody is accountable (A) for {steps}"
    zh = "以下步骤没有负责人（A）：{steps}"


class StepsWithSeveralAccountable(Refused):
    """Steps have more than one A."""

    field = "assignments"
    en = "more than one is accountable (A) for {steps}"
    zh = "以下步骤的负责人（A）不止一个：{steps}"


class ChartRetired(Refused):
    """Another chart has taken its place."""

    en = "the chart {number} was replaced; make a new one of it"
    zh = "第 {number} 版职责表已被替换，请据此新建"


class NotAccountable(Refused):
    """Somebody else is A of the step, and decides there."""

    en = "somebody else is accountable (A) for {step} and decides"
    zh = "该步骤（{step}）由其他负责人（A）审批"


class LeadEnteredStep(News):
    """A lead has entered a step that the user is to be informed of."""

    zh = "线索「{company}」进入步骤 {step}"
    en = "The lead {company} has entered the step {step}"


class LeadsEnteredStep(News):
    """Several leads have, within a minute."""

    zh = "{leads} 条线索进入步骤 {step}"
    en = "{leads} leads have entered the step {step}"


class Step(StrEnum):
    """A step of managing leads."""

    COLLECTED = "COLLECTED"
    VERIFIED = "VERIFIED"
    DISTRIBUTED = "DISTRIBUTED"
    NURTURED = "NURTURED"
    CONVERTED = "CONVERTED"
    CLOSED = "CLOSED"


class Duty(StrEnum):
    """What somebody has to do with a step."""

    RESPONSIBLE = "RESPONSIBLE"
    ACCOUNTABLE = "ACCOUNTABLE"
    CONSULTED = "CONSULTED"
    INFORMED = "INFORMED"


class Party(StrEnum):
    """By what somebody has a duty."""

    OWNER = "OWNER"
    MANAGER = "MANAGER"
    BOSS = "BOSS"
    USER = "USER"


class GapKind(StrEnum):
    """How a step lacks its one A."""

    NO_ACCOUNTABLE = "NO_ACCOUNTABLE"
    SEVERAL_ACCOUNTABLE = "SEVERAL_ACCOUNTABLE"


class State(StrEnum):
    """What has become of a chart."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


@dataclass(frozen=True)
class RaciGap:
    """What a chart lacks."""

    step: Step
    kind: GapKind


@dataclass(frozen=True)
class RaciAssignment:
    """One duty that somebody has in one step."""

    step: Step
    duty: Duty
    party: Party
    user_id: UUID | None = None

    def held_by(self, user_id: UUID, role: str, owner_id: UUID) -> bool:
        """Whether the caller, who sees the lead, has it; what a manager has the boss above has too."""
        if self.party is Party.USER:
            return user_id == self.user_id
        if self.party is Party.OWNER:
            return user_id == owner_id
        return role == "BOSS" or (self.party is Party.MANAGER and role == "MANAGER")


@dataclass
class RaciChart:
    """Who does what in each step."""

    id: UUID
    number: int
    assignments: list[RaciAssignment]
    author_id: UUID
    create_time: datetime
    update_time: datetime
    state: State = State.DRAFT
    activate_time: datetime | None = None
    version: int = 1

    @property
    def gaps(self) -> list[RaciGap]:
        """What keeps it from holding, by step."""
        count = Counter(one.step for one in self.assignments if one.duty is Duty.ACCOUNTABLE)
        none = [RaciGap(step, GapKind.NO_ACCOUNTABLE) for step in Step if not count[step]]
        return none + [RaciGap(step, GapKind.SEVERAL_ACCOUNTABLE) for step in Step if count[step] > 1]

    def activate(self, at: datetime) -> bool:
        """Let it hold; whether that is new.

        Refused: STEPS_WITHOUT_ACCOUNTABLE, STEPS_WITH_SEVERAL_ACCOUNTABLE, CHART_RETIRED.
        """
        if self.state is State.ACTIVE:
            return False
        if self.state is State.RETIRED:
            raise ChartRetired(number=self.number)
        lacking = (
            (GapKind.NO_ACCOUNTABLE, StepsWithoutAccountable),
            (GapKind.SEVERAL_ACCOUNTABLE, StepsWithSeveralAccountable),
        )
        for kind, refusal in lacking:
            if steps := [gap.step for gap in self.gaps if gap.kind is kind]:
                raise refusal(steps=", ".join(steps))
        self.state, self.activate_time = State.ACTIVE, at
        return True

    def accountable(self, step: Step) -> RaciAssignment:
        """The one A of a step, once it holds."""
        return next(one for one in self.assignments if one.step is step and one.duty is Duty.ACCOUNTABLE)

    def informed(self, step: Step) -> list[RaciAssignment]:
        """Who is I of a step."""
        return [one for one in self.assignments if one.step is step and one.duty is Duty.INFORMED]


def check(assignments: Iterable[RaciAssignment]) -> None:
    """Refused: DUTY_TWICE, HOLDER_MISSING."""
    seen = set()
    for one in assignments:
        if one in seen:
            raise DutyTwice(step=one.step)
        if (one.party is Party.USER) != (one.user_id is not None):
            raise HolderMissing(step=one.step)
        seen.add(one)


PRESET = [
    *(RaciAssignment(step, Duty.RESPONSIBLE, Party.OWNER) for step in Step),
    *(RaciAssignment(step, Duty.ACCOUNTABLE, Party.MANAGER) for step in Step),
    *(RaciAssignment(step, Duty.INFORMED, Party.BOSS) for step in (Step.CONVERTED, Step.CLOSED)),
]
"""What ships, and holds once it is activated."""
