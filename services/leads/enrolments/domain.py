"""A lead that follows a nurturing plan: its steps, how they come to a result, and how the plan rests and ends."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.kit.ids import derived_id
from services.leads.enrolments.refusals import (
    EnrolmentEnded,
    EnrolmentNotPaused,
    EnrolmentPaused,
    NoCadence,
    SkipReasonMissing,
    StepSettled,
)
from services.leads.nurture_plans.domain import NurturePlan
from services.leads.nurture_steps.domain import WAITING, NurtureStep, StepState
from services.leads.temperatures.domain import Temperature
from services.leads.working_calendar.domain import WorkingCalendar


class State(StrEnum):
    """What has become of an enrolment; see proto/dealtrail/leads/v1/enrolments.proto."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


class EndReason(StrEnum):
    """Why a lead follows its plan no longer."""

    FINISHED = "FINISHED"
    STOPPED = "STOPPED"
    CONVERTED = "CONVERTED"
    DISCARDED = "DISCARDED"
    POOLED = "POOLED"
    ERASED = "ERASED"


@dataclass
class Enrolment:
    """That a lead follows a version of a plan."""

    id: UUID
    lead_id: UUID
    lead_version: int
    """That of the lead when it was enrolled: what happened to it before ends nothing."""
    plan: str
    plan_version: int
    temperature: Temperature
    enrolled_by: UUID
    create_time: datetime
    update_time: datetime
    by_rule: bool = False
    state: State = State.ACTIVE
    pause_time: datetime | None = None
    end_time: datetime | None = None
    end_reason: EndReason | None = None
    version: int = 1


@dataclass
class Nurturing:
    """An enrolment with its steps."""

    enrolment: Enrolment
    steps: list[NurtureStep] = field(default_factory=list)

    def begin(self, plan: NurturePlan, temperature: Temperature, now: datetime, calendar: WorkingCalendar) -> None:
        """Go on by the cadence of that temperature from now; what was planned before is not done any more.

        Refused: NO_WORKING_TIME.
        """
        self._drop(calendar.local_day(now))
        mine = self.enrolment
        mine.temperature, mine.state, mine.pause_time = temperature, State.ACTIVE, None
        for touch, given in enumerate(plan.touches(temperature)):
            number = len(self.steps) + 1
            self.steps.append(
                NurtureStep(
                    id=derived_id(mine.id, f"step {number}"),
                    enrolment_id=mine.id,
                    lead_id=mine.lead_id,
                    number=number,
                    plan=mine.plan,
                    plan_version=mine.plan_version,
                    temperature=temperature,
                    touch=touch,
                    kind=given.kind,
                    due_date=calendar.local_day(calendar.days_after(now, given.day)),
                    create_time=now,
                )
            )
        self._finish(now)

    def settle(
        self, step_id: UUID, result: StepState, by: UUID, now: datetime, note: str, goes_on: bool = False
    ) -> NurtureStep:
        """Keep what came of a step: DONE, SKIPPED, or ANSWERED, after which the plan rests.

        `goes_on` says that another cadence begins with it, so that the plan neither rests nor finishes.
        Refused: ENROLMENT_ENDED, ENROLMENT_PAUSED, STEP_SETTLED, SKIP_REASON_MISSING.
        """
        self._must_go_on()
        if self.enrolment.state is State.PAUSED:
            raise EnrolmentPaused
        step = next(one for one in self.steps if one.id == step_id)
        if step.state is not StepState.PLANNED:
            raise StepSettled(state=step.state)
        if result is StepState.SKIPPED and not note:
            raise SkipReasonMissing
        step.state, step.settled_by, step.settle_time, step.note = result, by, now, note
        if not goes_on and not self._finish(now) and result is StepState.ANSWERED:
            self._rest(now)
        return step

    def pause(self, now: datetime) -> None:
        """Let nothing fall due. Refused: ENROLMENT_ENDED, ENROLMENT_PAUSED."""
        self._must_go_on()
        if self.enrolment.state is State.PAUSED:
            raise EnrolmentPaused
        self._rest(now)

    def resume(self, now: datetime, calendar: WorkingCalendar) -> None:
        """Go on: each step is due after as many working days as were left when it rested; what was overdue, now.

        Refused: ENROLMENT_ENDED, ENROLMENT_NOT_PAUSED.
        """
        self._must_go_on()
        if self.enrolment.pause_time is None:
            raise EnrolmentNotPaused
        rested = calendar.local_day(self.enrolment.pause_time)
        for step in self._waiting():
            left = working_days(calendar, rested, step.due_date)
            step.state, step.due_date = StepState.PLANNED, calendar.local_day(calendar.days_after(now, left))
        self.enrolment.state, self.enrolment.pause_time = State.ACTIVE, None

    def end(self, reason: EndReason, now: datetime, today: date) -> None:
        """Follow the plan no longer. Refused: ENROLMENT_ENDED."""
        self._must_go_on()
        self._drop(today)
        self._ended(reason, now)

    def _waiting(self) -> Iterable[NurtureStep]:
        return [step for step in self.steps if step.state in WAITING]

    def _rest(self, now: datetime) -> None:
        self.enrolment.state, self.enrolment.pause_time = State.PAUSED, now
        for step in self._waiting():
            step.state = StepState.PAUSED

    def _drop(self, today: date) -> None:
        """What was due before today and came to nothing was missed; the rest need not be done any more."""
        for step in self._waiting():
            late = step.state is StepState.PLANNED and step.due_date < today
            step.state = StepState.MISSED if late else StepState.DROPPED

    def _finish(self, now: datetime) -> bool:
        if self._waiting():
            return False
        self._ended(EndReason.FINISHED, now)
        return True

    def _ended(self, reason: EndReason, now: datetime) -> None:
        mine = self.enrolment
        mine.state, mine.end_reason, mine.end_time, mine.pause_time = State.ENDED, reason, now, None

    def _must_go_on(self) -> None:
        if self.enrolment.end_reason is not None:
            raise EnrolmentEnded(reason=self.enrolment.end_reason)


def must_have_cadence(plan: NurturePlan, temperature: Temperature) -> None:
    """Refused: NO_CADENCE."""
    if not plan.touches(temperature):
        raise NoCadence(plan=plan.code, temperature=temperature)


def working_days(calendar: WorkingCalendar, after: date, until: date) -> int:
    """How many working days come after the one day until the other, which counts; 0 if that is not later."""
    return sum(calendar.works_on(after + timedelta(days=n)) for n in range(1, (until - after).days + 1))
