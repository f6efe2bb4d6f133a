"""Who does what in each stage of managing leads, and what a chart lacks before it can hold."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.leads.notices.domain import News
from services.leads.process.domain import Stage


class DutyTwice(Invalid):
    """Two assignments are the same."""

    field = "assignments"
    en = "the same duty of {stage} stands there twice"
    zh = "阶段 {stage} 的同一职责重复"


class HolderMissing(Invalid):
    """A user is to have a duty and is not named, or is named where a role has it."""

    field = "assignments"
    en = "{stage}: name a user where the party is USER, and only there"
    zh = "阶段 {stage}：仅当职责人为 USER 时须指定人员"


class UnknownHolder(Invalid):
    """The user who is to have a duty is no active member of the tenant."""

    field = "assignments"
    en = "a duty names somebody who is no active user"
    zh = "职责中指定的人员不存在或已离职"


class StagesWithoutAccountable(Refused):
    """Stages have no A."""

    field = "assignments"
    en = "nobody is accountable (A) for {stages}"
    zh = "以下阶段没有负责人（A）：{stages}"


class StagesWithSeveralAccountable(Refused):
    """Stages have more than one A."""

    field = "assignments"
    en = "more than one is accountable (A) for {stages}"
    zh = "以下阶段的负责人（A）不止一个：{stages}"


class ChartRetired(Refused):
    """Another chart has taken its place."""

    en = "the chart {number} was replaced; make a new one of it"
    zh = "第 {number} 版职责表已被替换，请据此新建"


class NotAccountable(Refused):
    """Somebody else is A of the stage, and decides there."""

    en = "somebody else is accountable (A) for {stage} and decides"
    zh = "该阶段（{stage}）由其他负责人（A）审批"


class LeadEnteredStage(News):
    """A lead has entered a stage that the user is to be informed of."""

    zh = "线索「{company}」进入阶段 {stage}"
    en = "The lead {company} has entered the stage {stage}"


class LeadsEnteredStage(News):
    """Several leads have, within a minute."""

    zh = "{leads} 条线索进入阶段 {stage}"
    en = "{leads} leads have entered the stage {stage}"


class Duty(StrEnum):
    """What somebody has to do with a stage."""

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
    """How a stage lacks its one A."""

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

    stage: Stage
    kind: GapKind


@dataclass(frozen=True)
class RaciAssignment:
    """One duty that somebody has in one stage."""

    stage: Stage
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
    """Who does what in each stage."""

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
        """What keeps it from holding, by stage."""
        count = Counter(one.stage for one in self.assignments if one.duty is Duty.ACCOUNTABLE)
        none = [RaciGap(stage, GapKind.NO_ACCOUNTABLE) for stage in Stage if not count[stage]]
        return none + [RaciGap(stage, GapKind.SEVERAL_ACCOUNTABLE) for stage in Stage if count[stage] > 1]

    def activate(self, at: datetime) -> bool:
        """Let it hold; whether that is new.

        Refused: STAGES_WITHOUT_ACCOUNTABLE, STAGES_WITH_SEVERAL_ACCOUNTABLE, CHART_RETIRED.
        """
        if self.state is State.ACTIVE:
            return False
        if self.state is State.RETIRED:
            raise ChartRetired(number=self.number)
        lacking = (
            (GapKind.NO_ACCOUNTABLE, StagesWithoutAccountable),
            (GapKind.SEVERAL_ACCOUNTABLE, StagesWithSeveralAccountable),
        )
        for kind, refusal in lacking:
            if stages := [gap.stage for gap in self.gaps if gap.kind is kind]:
                raise refusal(stages=", ".join(stages))
        self.state, self.activate_time = State.ACTIVE, at
        return True

    def accountable(self, stage: Stage) -> RaciAssignment:
        """The one A of a stage, once it holds."""
        return next(one for one in self.assignments if one.stage is stage and one.duty is Duty.ACCOUNTABLE)

    def informed(self, stage: Stage) -> list[RaciAssignment]:
        """Who is I of a stage."""
        return [one for one in self.assignments if one.stage is stage and one.duty is Duty.INFORMED]


def check(assignments: Iterable[RaciAssignment]) -> None:
    """Refused: DUTY_TWICE, HOLDER_MISSING."""
    seen = set()
    for one in assignments:
        if one in seen:
            raise DutyTwice(stage=one.stage)
        if (one.party is Party.USER) != (one.user_id is not None):
            raise HolderMissing(stage=one.stage)
        seen.add(one)


PRESET = [
    *(RaciAssignment(stage, Duty.RESPONSIBLE, Party.OWNER) for stage in Stage),
    *(RaciAssignment(stage, Duty.ACCOUNTABLE, Party.MANAGER) for stage in Stage),
    *(RaciAssignment(stage, Duty.INFORMED, Party.BOSS) for stage in (Stage.CONVERTED, Stage.CLOSED)),
]
"""What ships, and holds once it is activated."""
