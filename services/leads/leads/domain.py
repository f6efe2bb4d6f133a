"""A lead and what may happen to it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.masking import mask
from services.leads.leads.refusals import (
    DiscardPending,
    LeadErased,
    LeadExclusive,
    LeadHeld,
    LeadMerged,
    LeadNotDiscarded,
    LeadNotExclusive,
    LeadNotNew,
    LeadNotOpen,
    LeadNotQualified,
)
from services.leads.notices.domain import News
from services.leads.process.domain import MOST_PASSAGES, Passage, Stage, stage_of
from services.leads.temperatures.domain import Temperature

NOBODY = UUID(int=0)
"""The owner of what nobody works: a lead in the public pool."""


class Status(StrEnum):
    """Where a lead stands. CONVERTED is final, DISCARDED until the lead is reopened, MERGED until that is undone."""

    NEW = "NEW"
    QUALIFIED = "QUALIFIED"
    DISCARDED = "DISCARDED"
    CONVERTED = "CONVERTED"
    MERGED = "MERGED"


ENDED = (Status.DISCARDED, Status.CONVERTED, Status.MERGED)
"""Where nothing can be done with a lead any more."""


class LeadHandedOver(News):
    """Somebody else has made the user the owner of a lead."""

    zh = "线索「{company}」已移交给您"
    en = "The lead {company} was handed over to you"


@dataclass(frozen=True)
class Utm:
    """How somebody came to a page, as the parameters of its address say."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""


@dataclass
class Lead:
    """A company that might buy, and the person there whom we know of."""

    id: UUID
    company: str
    owner_id: UUID
    team_id: UUID | None
    create_time: datetime
    update_time: datetime
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    channel: str = ""
    campaign: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    status: Status = Status.NEW
    score: int = 0
    discard_reason: str = ""
    collaborators: list[UUID] = field(default_factory=list)
    account_id: UUID | None = None
    contact_id: UUID | None = None
    deal_id: UUID | None = None
    erase_time: datetime | None = None
    discard_request: str = ""
    lead_type: str = ""
    checklist_version: int = 0
    uscc: str = ""
    wechat_id: str = ""
    collision_id: UUID | None = None
    exclusive: bool = False
    share_link_id: UUID | None = None
    utm: Utm | None = None
    task_id: UUID | None = None
    distributed: bool = False
    nurtured: bool = False
    stage: Stage = Stage.COLLECTED
    stage_time: datetime | None = None
    stages: list[Passage] = field(default_factory=list)
    temperature: Temperature | None = None
    temperature_time: datetime | None = None
    merged_into: UUID | None = None
    """The other record of the same company, where the work goes on."""
    version: int = 1

    def __post_init__(self) -> None:
        """Whoever records it says no stage: it has been COLLECTED since it was recorded."""
        self.stage_time = self.stage_time or self.create_time

    def assign(self, owner_id: UUID, team_id: UUID | None) -> None:
        """Hand it to another owner. Refused: LEAD_NOT_OPEN, LEAD_HELD, LEAD_EXCLUSIVE."""
        self.must_be_open()
        self.must_be_free()
        self._must_be_open_to_others()
        self.owner_id, self.team_id, self.distributed = owner_id, team_id, True

    def let_go(self) -> None:
        """Leave it to nobody: it lies in the public pool.

        Refused: LEAD_NOT_OPEN, LEAD_HELD, LEAD_EXCLUSIVE, DISCARD_PENDING.
        """
        self.must_be_open()
        self.must_be_free()
        self._must_be_open_to_others()
        self._must_not_wait()
        self.owner_id, self.team_id, self.collaborators = NOBODY, None, []
        self.distributed = self.nurtured = False

    def share(self, users: list[UUID]) -> None:
        """Let others see and work it besides its owner. Refused: LEAD_EXCLUSIVE, LEAD_MERGED."""
        self._must_be_open_to_others()
        self.must_stand()
        self.collaborators = users

    def release(self) -> None:
        """End that it is its owner's alone. Refused: LEAD_NOT_EXCLUSIVE."""
        if not self.exclusive:
            raise LeadNotExclusive
        self.exclusive = False

    def qualify(self, score: int, checklist_version: int = 0) -> None:
        """Judge it worth pursuing. Refused: LEAD_NOT_NEW, DISCARD_PENDING, LEAD_HELD."""
        self.judge(score, checklist_version)
        self.status = Status.QUALIFIED

    def judge(self, score: int, checklist_version: int) -> None:
        """Keep what it was judged to be. Refused: LEAD_NOT_NEW, DISCARD_PENDING, LEAD_HELD."""
        if self.status is not Status.NEW:
            raise LeadNotNew(status=self.status)
        self._must_not_wait()
        self.must_be_free()
        self.score, self.checklist_version = score, checklist_version

    def discard(self, reason: str) -> None:
        """Give it up. Refused: LEAD_NOT_OPEN, DISCARD_PENDING if that waits for a second look."""
        self.must_be_open()
        self._must_not_wait()
        self.status, self.discard_reason = Status.DISCARDED, reason

    def request_discard(self, reason: str) -> None:
        """Ask to give it up. Refused: LEAD_NOT_OPEN, DISCARD_PENDING."""
        self.must_be_open()
        self._must_not_wait()
        self.discard_request = reason

    def end_request(self) -> str:
        """The second look has been taken; the reason for which it was to be given up."""
        reason, self.discard_request = self.discard_request, ""
        return reason

    def reopen(self, status: Status) -> str:
        """Take it up again where it stood; why it had been given up. Refused: LEAD_NOT_DISCARDED."""
        if self.status is not Status.DISCARDED:
            raise LeadNotDiscarded(status=self.status)
        reason, self.discard_reason, self.status = self.discard_reason, "", status
        return reason

    def convert(self, account_id: UUID, contact_id: UUID | None, deal_id: UUID | None) -> None:
        """Say what became of it. Refused: LEAD_NOT_QUALIFIED, DISCARD_PENDING."""
        self.must_be_qualified()
        self.status = Status.CONVERTED
        self.account_id, self.contact_id, self.deal_id = account_id, contact_id, deal_id

    def become_task(self, task_id: UUID) -> None:
        """Say that it became something to do. Refused: LEAD_NOT_QUALIFIED, DISCARD_PENDING."""
        self.must_be_qualified()
        self.status, self.task_id = Status.CONVERTED, task_id

    def nurture(self) -> bool:
        """Note that somebody got in touch, or follows a plan for it; whether that is new."""
        if self.nurtured or self.owner_id == NOBODY or self.status in ENDED:
            return False
        self.nurtured = True
        return True

    def take_temperature(self, temperature: Temperature, at: datetime) -> bool:
        """Say how near to buying it is; whether that is news. Refused: LEAD_NOT_OPEN, LEAD_HELD, LEAD_ERASED."""
        self.must_be_open()
        self._must_not_be_erased()
        self.must_be_free()
        if temperature is self.temperature:
            return False
        self.temperature, self.temperature_time = temperature, at
        return True

    def merge_into(self, survivor_id: UUID) -> None:
        """Stand no longer by itself. What it came to and who works it stays, for that may be undone."""
        self.status, self.merged_into = Status.MERGED, survivor_id

    def stand_again(self, status: Status) -> None:
        """Stand by itself, where it stood."""
        self.status, self.merged_into = status, None

    def come_to_stage(self, at: datetime) -> None:
        """Note the stage of the process where it stands from then on, if it is another one than before."""
        if self.status is Status.MERGED:
            return
        stage = stage_of(self.status, self.distributed, self.nurtured)
        if stage is not self.stage:
            self.stage, self.stage_time = stage, at
            self.stages = [*self.stages, Passage(stage, at)][-MOST_PASSAGES:]

    def masked(self) -> "Lead":
        """What may be told of it beyond those who see it."""
        told = {name: mask(value) for name, value in self.attributes.items()}
        return replace(self, contact_name=mask(self.contact_name), attributes=told)

    def change(self, **given: str) -> None:
        """Set these fields. Refused: LEAD_NOT_OPEN, LEAD_ERASED."""
        self.must_be_open()
        self._must_not_be_erased()
        for name, value in given.items():
            setattr(self, name, value)

    def must_stand(self) -> None:
        """Refused: LEAD_MERGED."""
        if self.merged_into is not None:
            raise LeadMerged(into=self.merged_into)

    def must_be_mergeable(self) -> None:
        """Refused: LEAD_MERGED, LEAD_NOT_OPEN, LEAD_ERASED, LEAD_EXCLUSIVE, DISCARD_PENDING."""
        self.must_stand()
        self.must_be_open()
        self._must_not_be_erased()
        self._must_be_open_to_others()
        self._must_not_wait()

    def must_be_free(self) -> None:
        """Refused: LEAD_HELD."""
        if self.collision_id is not None:
            raise LeadHeld(collision_id=self.collision_id)

    def must_be_qualified(self) -> None:
        """Refused: LEAD_HELD, LEAD_NOT_QUALIFIED, DISCARD_PENDING."""
        self.must_be_free()
        if self.status is not Status.QUALIFIED:
            raise LeadNotQualified(status=self.status)
        self._must_not_wait()

    def _must_be_open_to_others(self) -> None:
        if self.exclusive:
            raise LeadExclusive

    def _must_not_be_erased(self) -> None:
        if self.erase_time is not None:
            raise LeadErased

    def _must_not_wait(self) -> None:
        if self.discard_request:
            raise DiscardPending(reason=self.discard_request)

    def must_be_open(self) -> None:
        """Refused: LEAD_NOT_OPEN."""
        if self.status in ENDED:
            raise LeadNotOpen(status=self.status)
