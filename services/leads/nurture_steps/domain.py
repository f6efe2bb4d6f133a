"""One touch that a nurturing plan asks for."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.leads.notices.domain import News
from services.leads.temperatures.domain import Temperature


class NurtureStepDue(News):
    """A step of a lead of the user's is due."""

    zh = "线索「{company}」有一项培育步骤到期：{kind}（{due}）"
    en = "A nurturing step of the lead {company} is due: {kind} ({due})"


class StepState(StrEnum):
    """What has become of a step; see proto/dealtrail/leads/v1/nurture_steps.proto."""

    PLANNED = "PLANNED"
    PAUSED = "PAUSED"
    DONE = "DONE"
    ANSWERED = "ANSWERED"
    SKIPPED = "SKIPPED"
    MISSED = "MISSED"
    DROPPED = "DROPPED"


WAITING = (StepState.PLANNED, StepState.PAUSED)


@dataclass
class NurtureStep:
    """One touch that is to be made by a day, and what came of it."""

    id: UUID
    enrolment_id: UUID
    lead_id: UUID
    number: int
    plan: str
    plan_version: int
    temperature: Temperature
    touch: int
    """Which touch of the cadence it is, from 0."""
    kind: str
    due_date: date
    create_time: datetime
    state: StepState = StepState.PLANNED
    settle_time: datetime | None = None
    settled_by: UUID | None = None
    note: str = ""
    touchpoint_id: UUID | None = None
    remind_time: datetime | None = None
