"""Whatever is done to a deal: it moves along allowed edges only, its end is final, its history tells its present."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.kit.errors import Problem
from services.kit.money import Money
from services.opportunities.deals.domain import Deal, DealNotOpen, State
from services.opportunities.history.domain import Deed, Forecast, Grade, Kind, Value, stays
from services.opportunities.processes.domain import B2B

ME, START = uuid4(), datetime(2026, 1, 5, tzinfo=UTC)
stages = st.sampled_from(["", *(stage.code for stage in B2B.stages), "NOWHERE"])
amounts = st.none() | st.builds(Money, st.decimals(0, 10**6, places=2), st.sampled_from(["CNY", "USD"]))
quantities = st.integers(0, 100)
dates = st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31))
hours = st.integers(-3, 48)
"""From the last thing that was tried: sometimes before it."""


class Life(RuleBasedStateMachine):
    """A deal, the entries that it gave to its history, and what a bookkeeper beside it believes."""

    @initialize(amount=amounts, quantity=quantities, sign=dates, stage=st.sampled_from([s.code for s in B2B.stages]))
    def open(self, amount, quantity, sign, stage):
        times: dict[str, Any] = dict.fromkeys(("stage_since", "open_time", "create_time", "update_time"), START)
        given: dict[str, Any] = {"id": uuid4(), "name": "项目", "owner_id": ME, "team_id": None, "stage": stage}
        self.deal = Deal(process="B2B", process_version=1, amount=amount, quantity=quantity, **given, **times)
        self.deal.expected_sign_date = sign
        self.now, self.end = START, None
        move, change = self.deal.opening(ME)
        self.moves, self.triages, self.changes = [move], [], [change] if change else []

    def attempt(self, step, act):
        """Do it as operations do: a refusal changes nothing, an effect is a new version. Answers the entry, if any."""
        self.now = max(START, self.now + timedelta(hours=step))
        before = repr(self.deal)
        try:
            entry = act(Deed(ME, START + timedelta(hours=step) if step < 0 else self.now, "因"))
        except DealNotOpen:
            assert (repr(self.deal), self.deal.state) == (before, self.end)
            return None
        except Problem:
            assert (repr(self.deal), self.end) == (before, None)
            return None
        assert self.end is None, "something was done to a closed deal"
        if repr(self.deal) != before:
            self.deal.version += 1
        return entry

    @rule(stage=stages, step=hours)
    def advance(self, stage, step):
        if move := self.attempt(step, lambda deed: self.deal.advance(B2B, stage, deed)):
            assert B2B.place(move.stage) > B2B.place(move.from_stage)
            self.moves.append(move)

    @rule(stage=stages, step=hours)
    def regress(self, stage, step):
        if move := self.attempt(step, lambda deed: self.deal.regress(B2B, stage, deed)):
            assert B2B.place(move.stage) < B2B.place(move.from_stage)
            self.moves.append(move)

    @rule(
        value=st.none() | st.sampled_from(Value),
        grade=st.none() | st.sampled_from(Grade),
        amount=amounts,
        quantity=st.none() | quantities,
        step=hours,
    )
    def judge(self, value, grade, amount, quantity, step):
        before = self.deal.triage
        change = self.attempt(step, lambda deed: self.deal.judge(value, grade, amount, quantity, deed))
        self.changes += [change] if change else []
        if self.deal.triage is not before:
            self.triages.append(self.deal.triage)

    @rule(amount=amounts, quantity=quantities, sign=dates, step=hours)
    def expect(self, amount, quantity, sign, step):
        change = self.attempt(step, lambda deed: self.deal.expect(Forecast(amount, quantity, sign), deed))
        self.changes += [change] if change else []

    @precondition(lambda self: len(self.moves) > 1)
    @rule(amount=amounts, step=hours)
    def win(self, amount, step):
        change = self.attempt(step, lambda deed: self.deal.win(amount, deed))
        self.changes += [change] if change else []
        self.end = self.end or (State.WON if self.deal.state is State.WON else None)

    @precondition(lambda self: len(self.moves) > 1)
    @rule(step=hours)
    def lose(self, step):
        self.attempt(step, lambda deed: self.deal.lose("PRICE", deed))
        self.end = self.end or (State.LOST if self.deal.state is State.LOST else None)

    @invariant()
    def the_end_is_final(self):
        assert self.deal.state is (self.end or State.OPEN)
        assert (self.deal.close_time is None) == (self.end is None)
        assert (self.deal.lost_reason == "PRICE") == (self.end is State.LOST)

    @invariant()
    def the_stages_gone_through_end_where_the_deal_stands(self):
        assert (self.moves[-1].stage, self.moves[-1].enter_time) == (self.deal.stage, self.deal.stage_since)
        assert [move.kind for move in self.moves].count(Kind.OPENED) == 1
        for earlier, later in zip(self.moves, self.moves[1:], strict=False):
            assert later.from_stage == earlier.stage
            assert later.version > earlier.version

    @invariant()
    def the_stays_fill_the_life_of_the_deal_without_a_gap(self):
        until = self.deal.close_time or max(self.now, self.deal.stage_since)
        found = list(stays(self.moves, self.deal.close_time, until))
        assert sum(stay.seconds for stay in found) == int((until - START).total_seconds())
        assert all(stay.seconds >= 0 for stay in found)

    @invariant()
    def the_changes_of_forecast_lead_to_what_is_expected_now(self):
        expected = Forecast()
        for change in self.changes:
            assert (change.from_amount, change.from_quantity) == (expected.amount, expected.quantity)
            assert change.from_expected_sign_date == expected.expected_sign_date
            expected = Forecast(change.to_amount, change.to_quantity, change.to_expected_sign_date)
        assert expected == self.deal.forecast

    @invariant()
    def the_last_judgement_stands(self):
        assert self.deal.triage == (self.triages[-1] if self.triages else None)
        versions = [triage.version for triage in self.triages]
        assert versions == sorted(set(versions))
        assert max(versions, default=1) <= self.deal.version


TestLife = Life.TestCase
TestLife.settings = settings(stateful_step_count=30, max_examples=40)
