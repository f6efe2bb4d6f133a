"""What a collision is, who is party to it, and to whom it is awarded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.kit.sentences import fill
from services.leads.collision_rules.domain import REASONS, Code, CollisionRule, Outcome, Party, award
from services.leads.notices.domain import News


class CollisionNotOpen(Refused):
    """It was awarded already."""

    en = "the collision is {state}; only an OPEN one can be awarded"
    zh = "撞单当前为 {state}，只有待裁定的撞单可以裁定"


class CollisionNotAwarded(Refused):
    """There is no award to appeal against, or no more."""

    en = "the collision is {state}; an award can be appealed once"
    zh = "撞单当前为 {state}，每个撞单只能申诉一次"


class CollisionNotAppealed(Refused):
    """There is no appeal to decide."""

    en = "the collision is {state}; there is no appeal to decide"
    zh = "撞单当前为 {state}，没有待处理的申诉"


class NothingToAppeal(Refused):
    """The caller has lost nothing."""

    en = "only a party that lost can appeal"
    zh = "只有未获得客户的一方可以申诉"


class NotYoursToDecide(Refused):
    """The caller is a party, or does not stand above all of them."""

    en = "this is for somebody who is no party and sees all of them"
    zh = "须由不属于任何一方且管理所有各方的人裁定"


class UnknownParty(Invalid):
    """No party of the collision has that row."""

    field = "winner"
    en = "no party has it"
    zh = "该记录不属于任何一方"


class CollisionOpened(News):
    """Somebody else has recorded what may be the user's customer, or the user has."""

    zh = "「{company}」发生撞单，等待裁定"
    en = "{company} has a collision; it waits for an award"


class CollisionWon(News):
    """The customer is the user's."""

    zh = "撞单裁定：「{company}」归您"
    en = "Collision awarded: {company} is yours"


class CollisionLost(News):
    """The customer is somebody else's."""

    zh = "撞单裁定：「{company}」归他人，您可以申诉一次"
    en = "Collision awarded: {company} is somebody else's; you may appeal once"


class CollisionContested(News):
    """The award to the user is looked at again."""

    zh = "「{company}」的撞单裁定被申诉"
    en = "The award of {company} is appealed against"


class State(StrEnum):
    """Where a collision stands."""

    OPEN = "OPEN"
    AWARDED = "AWARDED"
    APPEALED = "APPEALED"
    DECIDED = "DECIDED"


@dataclass
class Collision:
    """A case, its parties the challenger first."""

    id: UUID
    challenger_id: UUID
    """The lead or account that opened it."""
    signs: list[str]
    parties: list[Party]
    user_ids: list[UUID]
    team_ids: list[UUID]
    row_ids: list[UUID]
    create_time: datetime
    update_time: datetime
    state: State = State.OPEN
    rule: Code | None = None
    days: int = 0
    """Of the rule, as it stood."""
    words: str = ""
    """Why, as the manager says it."""
    award_time: datetime | None = None
    awarded_by: UUID | None = None
    appealed_by: UUID | None = None
    appeal: str = ""
    appeal_time: datetime | None = None
    decided_by: UUID | None = None
    decide_time: datetime | None = None
    version: int = 1

    def party(self, row_id: UUID) -> Party:
        """The party that has that lead or account. Refused: UNKNOWN_PARTY."""
        for party in self.parties:
            if party.row_id == row_id:
                return party
        raise UnknownParty

    def apply(self, rules: Sequence[CollisionRule]) -> None:
        """Award it by the first rule that has an answer, if one has."""
        if found := award(self.parties, rules, self.create_time):
            winner, code = found
            self.rule, self.days = code, next(rule.days for rule in rules if rule.code is code)
            self._give(winner)
            self.state, self.award_time = State.AWARDED, self.create_time

    def decide(self, row_id: UUID, by: UUID, at: datetime, words: str) -> None:
        """Award it as a manager. Refused: COLLISION_NOT_OPEN, UNKNOWN_PARTY."""
        if self.state is not State.OPEN:
            raise CollisionNotOpen(state=self.state)
        self._give(self.party(row_id))
        self.state, self.award_time, self.awarded_by, self.words = State.AWARDED, at, by, words

    def contest(self, by: UUID, at: datetime, words: str) -> None:
        """Appeal. Refused: COLLISION_NOT_AWARDED, NOTHING_TO_APPEAL."""
        if self.state is not State.AWARDED:
            raise CollisionNotAwarded(state=self.state)
        if not any(party.owner_id == by and party.outcome is Outcome.LOST for party in self.parties):
            raise NothingToAppeal
        self.state, self.appealed_by, self.appeal_time, self.appeal = State.APPEALED, by, at, words

    def settle(self, row_id: UUID, by: UUID, at: datetime, words: str) -> None:
        """Decide the appeal. Refused: COLLISION_NOT_APPEALED, UNKNOWN_PARTY."""
        if self.state is not State.APPEALED:
            raise CollisionNotAppealed(state=self.state)
        self._give(self.party(row_id))
        self.state, self.decided_by, self.decide_time, self.words = State.DECIDED, by, at, words

    def must_be_decided_by(self, user_id: UUID, role: str, teams: Sequence[UUID]) -> None:
        """Refused: NOT_YOURS_TO_DECIDE."""
        if role != "BOSS" and (any(party.owner_id == user_id or party.team_id not in teams for party in self.parties)):
            raise NotYoursToDecide

    @property
    def winner(self) -> UUID | None:
        """Whose the company is."""
        return next((party.owner_id for party in self.parties if party.outcome is Outcome.WON), None)

    @property
    def why(self) -> tuple[str, str]:
        """Why it was awarded so, in English and Chinese."""
        if self.words or self.rule is None:
            return self.words, self.words
        facts = {"days": str(self.days)} if self.days else {}
        en, zh = REASONS[self.rule]
        return fill(en, facts), fill(zh, facts)

    def _give(self, winner: Party) -> None:
        for party in self.parties:
            party.outcome = Outcome.WON if party.owner_id == winner.owner_id else Outcome.LOST
