"""Whose turn it is, which rule fits, and how loaded somebody is."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.leads.assignment.domain import (
    Absence,
    AssignmentRules,
    Duty,
    Features,
    Load,
    Rep,
    Roster,
    Rule,
    next_turn,
)

ANN, BOB = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
weights = st.lists(st.integers(1, 1000), min_size=1, max_size=8).map(
    lambda numbers: {UUID(int=place): weight for place, weight in enumerate(numbers)}
)


@given(weights, st.integers(1, 300))
def test_shares_differ_from_the_weights_by_less_than_one_lead_at_any_time(weights, leads):
    given_out, total = Counter(), sum(weights.values())
    for number in range(1, leads + 1):
        given_out[next_turn(weights, given_out)] += 1
        for user, weight in weights.items():
            assert abs(given_out[user] - Fraction(number * weight, total)) < 1


@given(weights, st.integers(0, 50), st.randoms())
def test_a_turn_does_not_depend_on_the_order_in_which_members_are_named(weights, leads, chance):
    shuffled = list(weights.items())
    chance.shuffle(shuffled)
    given_out = Counter()
    for _ in range(leads):
        turn = next_turn(weights, given_out)
        assert next_turn(dict(shuffled), given_out) == turn
        given_out[turn] += 1


def test_two_to_one_is_two_to_one_from_the_first_three_on():
    given_out = Counter()
    for _ in range(3):
        given_out[next_turn({ANN: 2, BOB: 1}, given_out)] += 1
    assert given_out == {ANN: 2, BOB: 1}


def test_a_rule_fits_what_it_names_and_all_that_lies_below_a_region():
    rule = Rule("华东展会", regions=["华东"], channels=["展会", "Google"])
    assert rule.fits(Features("华东", "", "展会"))
    assert rule.fits(Features("华东/上海", "机床", "Google"))
    assert not rule.fits(Features("华东", "", "电话"))
    assert not rule.fits(Features("华东北", "", "展会"))
    assert Rule("其余").fits(Features())


def test_a_round_of_turns_is_named_by_the_rule_and_among_whom_with_which_weights():
    rule = Rule("华东")
    assert rule.turn_key({ANN: 1, BOB: 2}) == rule.turn_key({BOB: 2, ANN: 1})
    assert rule.turn_key({ANN: 1}) != rule.turn_key({ANN: 1, BOB: 2}) != rule.turn_key({ANN: 2, BOB: 1})
    assert Rule("华北").turn_key({ANN: 1}) != rule.turn_key({ANN: 1})


def test_utilisation_is_held_against_the_thresholds():
    rules = AssignmentRules(under_percent=60, over_percent=100)
    loads = {held: rules.load(held, 30) for held in (0, 17, 18, 30, 31)}
    assert loads == {0: Load.UNDER, 17: Load.UNDER, 18: Load.NORMAL, 30: Load.NORMAL, 31: Load.OVER}


def test_of_two_on_duty_the_one_who_began_first_takes_the_leads():
    hour = timedelta(hours=1)
    roster = Roster([Duty(ANN, NOON - hour, NOON + hour), Duty(BOB, NOON, NOON + 3 * hour)])
    on_duty = [roster.on_duty(NOON + hours * hour) for hours in (-2, -1, 0, 1, 2, 3)]
    assert on_duty == [None, ANN, ANN, BOB, BOB, None]


def test_an_absence_holds_its_first_and_its_last_day():
    rep = Rep(ANN, absences=[Absence(date(2026, 10, 2), date(2026, 10, 3))])
    assert [rep.absent(date(2026, 10, day)) for day in (1, 2, 3, 4)] == [False, True, True, False]
