"""A deal and what may happen to it. WON and LOST are final."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Denied, Invalid, Refused
from services.kit.money import Money
from services.opportunities.history.domain import (
    Cause,
    Deed,
    Forecast,
    ForecastChange,
    Grade,
    Kind,
    StageMove,
    Triage,
    Value,
)
from services.opportunities.processes.domain import Process, Stage


class State(StrEnum):
    """Where a deal stands as a whole. WON and LOST are final."""

    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


class DealNotOpen(Refused):
    """The deal was won or lost already."""

    en = "the deal is {state} and can no longer be changed"
    zh = "销售机会已是 {state} 状态，不能再修改"


class StageNotLater(Refused):
    """The stage to advance to does not come after the one where the deal stands."""

    field = "stage"
    en = "{stage} does not come after {here}"
    zh = "{stage} 不在 {here} 之后"


class StageNotEarlier(Refused):
    """The stage to go back to does not come before the one where the deal stands."""

    field = "stage"
    en = "{stage} does not come before {here}"
    zh = "{stage} 不在 {here} 之前"


class TimeOutOfOrder(Refused):
    """It is said to have happened before something that it followed."""

    en = "it cannot have happened before {earliest}"
    zh = "发生时间不能早于 {earliest}"


class LeadHasDeal(Refused):
    """Another deal came from that lead; a lead has one deal at most."""

    field = "lead_id"
    en = "the lead has a deal already"
    zh = "该线索已有销售机会"


class DealIdTaken(Refused):
    """The id is that of a deal which is not in the caller's sight."""

    field = "id"
    en = "this id is taken"
    zh = "该编号已被占用"


class NotYoursToGive(Denied):
    """The caller sees the deal, but neither owns it nor leads its owner."""

    en = "only the owner and those above may hand the deal to others"
    zh = "只有负责人及其上级可以转交或共享该销售机会"


class UnknownCollaborator(Invalid):
    """One of the users is no active member of the tenant."""

    field = "collaborators"
    en = "one of them is no active user"
    zh = "其中有不在职的人员"


class NothingJudged(Invalid):
    """A judgement without any measure."""

    en = "give at least one of value, grade, amount and quantity"
    zh = "定性、定级、定量至少填写一项"


class NothingForecast(Invalid):
    """A forecast without any value."""

    en = "give at least one of amount, quantity and expected_sign_date"
    zh = "金额、数量、预计签约日期至少填写一项"


@dataclass
class Deal:
    """Something that we hope to sell.

    Each method that changes it answers the entry that its history keeps, under the version that the
    deal will have once the change is saved.
    """

    id: UUID
    name: str
    owner_id: UUID
    team_id: UUID | None
    process: str
    process_version: int
    stage: str
    stage_since: datetime
    open_time: datetime
    create_time: datetime
    update_time: datetime
    account_id: UUID | None = None
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    collaborators: list[UUID] = field(default_factory=list)
    state: State = State.OPEN
    amount: Money | None = None
    product: str = ""
    quantity: int = 0
    expected_sign_date: date | None = None
    close_time: datetime | None = None
    lost_reason: str = ""
    triage: Triage | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    version: int = 1

    @property
    def forecast(self) -> Forecast:
        """What is expected of it now."""
        return Forecast(self.amount, self.quantity, self.expected_sign_date)

    def opening(self, by: UUID) -> tuple[StageMove, ForecastChange | None]:
        """How its history begins, while it is new."""
        deed = Deed(by, self.open_time)
        move = StageMove(self.stage, Kind.OPENED, "", deed.at, deed.by, deed.why, self.version)
        return move, ForecastChange.between(Forecast(), self.forecast, Cause.OPENING, deed, self.version)

    def advance(self, process: Process, stage: str, deed: Deed) -> StageMove:
        """Move it forward, to the next stage if `stage` is empty.

        Refused: DEAL_NOT_OPEN, UNKNOWN_STAGE, STAGE_NOT_LATER, NO_NEXT_STAGE, TIME_OUT_OF_ORDER.
        """
        self._must_be_open()
        target = process.stage(stage) if stage else process.after(self.stage)
        if process.place(target.code) <= process.place(self.stage):
            raise StageNotLater(stage=target.code, here=self.stage)
        return self._enter(target, Kind.ADVANCED, deed)

    def regress(self, process: Process, stage: str, deed: Deed) -> StageMove:
        """Move it back. Refused: DEAL_NOT_OPEN, UNKNOWN_STAGE, STAGE_NOT_EARLIER, TIME_OUT_OF_ORDER."""
        self._must_be_open()
        if process.place(stage) >= process.place(self.stage):
            raise StageNotEarlier(stage=stage, here=self.stage)
        return self._enter(process.stage(stage), Kind.REGRESSED, deed)

    def win(self, amount: Money | None, deed: Deed) -> ForecastChange | None:
        """Close it as won, for `amount` if that is not what was expected. Refused: DEAL_NOT_OPEN, TIME_OUT_OF_ORDER."""
        self._close(State.WON, deed)
        return self._expect(Forecast(amount or self.amount, self.quantity, self.expected_sign_date), Cause.WIN, deed)

    def lose(self, reason: str, deed: Deed) -> None:
        """Close it as lost. Refused: DEAL_NOT_OPEN, TIME_OUT_OF_ORDER."""
        self._close(State.LOST, deed)
        self.lost_reason = reason

    def judge(
        self, value: Value | None, grade: Grade | None, amount: Money | None, quantity: int | None, deed: Deed
    ) -> ForecastChange | None:
        """Judge it by the measures that are given; the others stay as judged before. The judgement is then `triage`.

        Refused: DEAL_NOT_OPEN, NOTHING_JUDGED, TIME_OUT_OF_ORDER.
        """
        self._must_be_open()
        if all(measure is None for measure in (value, grade, amount, quantity)):
            raise NothingJudged
        before = self.triage
        _must_follow(deed, before.judge_time if before else self.open_time)
        expected = Forecast(
            amount or self.amount, self.quantity if quantity is None else quantity, self.expected_sign_date
        )
        self.triage = Triage(
            value=value or (before.value if before else None),
            grade=grade or (before.grade if before else None),
            amount=expected.amount,
            quantity=expected.quantity,
            why=deed.why,
            judged_by=deed.by,
            judge_time=deed.at,
            version=self.version + 1,
        )
        return self._expect(expected, Cause.TRIAGE, deed)

    def expect(self, forecast: Forecast, deed: Deed) -> ForecastChange | None:
        """Expect something else of it; None if that is as it was. Refused: DEAL_NOT_OPEN, TIME_OUT_OF_ORDER."""
        self._must_be_open()
        _must_follow(deed, self.open_time)
        return self._expect(forecast, Cause.FORECAST, deed)

    def assign(self, owner_id: UUID, team_id: UUID | None) -> None:
        """Hand it to another owner. Refused: DEAL_NOT_OPEN."""
        self._must_be_open()
        self.owner_id, self.team_id = owner_id, team_id
        self.share(self.collaborators)

    def share(self, collaborators: list[UUID]) -> None:
        """Let these users see it, and nobody else but the owner and those above."""
        self.collaborators = [user for user in collaborators if user != self.owner_id]

    def _enter(self, stage: Stage, kind: Kind, deed: Deed) -> StageMove:
        _must_follow(deed, self.stage_since)
        move = StageMove(stage.code, kind, self.stage, deed.at, deed.by, deed.why, self.version + 1)
        self.stage, self.stage_since = stage.code, deed.at
        return move

    def _close(self, state: State, deed: Deed) -> None:
        self._must_be_open()
        _must_follow(deed, self.stage_since)
        self.state, self.close_time = state, deed.at

    def _expect(self, now: Forecast, cause: Cause, deed: Deed) -> ForecastChange | None:
        change = ForecastChange.between(self.forecast, now, cause, deed, self.version + 1)
        self.amount, self.quantity, self.expected_sign_date = now.amount, now.quantity, now.expected_sign_date
        return change

    def _must_be_open(self) -> None:
        if self.state is not State.OPEN:
            raise DealNotOpen(state=self.state)


def _must_follow(deed: Deed, earliest: datetime) -> None:
    if deed.at < earliest:
        raise TimeOutOfOrder(earliest=earliest.isoformat())
