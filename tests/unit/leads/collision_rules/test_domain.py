"""To whom a collision goes, whatever the order in which its parties are looked at."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import Violated
from services.leads.collision_rules.domain import PRESET, Code, CollisionRule, Party, award, must_stand_once
from services.leads.matching.domain import Row

OPENED = datetime(2026, 7, 1, tzinfo=UTC)
BY_ARRIVAL, FIRST = Code.PROTECTION_PERIOD, Code.FIRST_VALID_TOUCH
days_ago = st.integers(0, 400).map(lambda days: OPENED - timedelta(days=days))
maybe = st.none() | days_ago
rules = st.lists(st.builds(CollisionRule, st.sampled_from(Code), st.integers(0, 365)), unique_by=lambda rule: rule.code)


@st.composite
def parties(draw):
    found = []
    for number in range(draw(st.integers(2, 5))):
        touches = sorted(draw(st.lists(days_ago, min_size=2, max_size=2))) if draw(st.booleans()) else [None, None]
        party = Party(Row.LEAD, UUID(int=number + 1), UUID(int=draw(st.integers(1, 4))), None, "", draw(days_ago))
        party.first_touch_time, party.last_touch_time = touches
        party.exclusive, party.open_deal_time = draw(st.booleans()), draw(maybe)
        found.append(party)
    found[draw(st.integers(0, len(found) - 1))].challenger = True
    return found


@given(parties(), rules, st.randoms(use_true_random=False))
def test_the_same_parties_and_rules_give_the_same_award_in_whatever_order(sides, listed, chance):
    expected = award(sides, listed, OPENED)
    chance.shuffle(sides)
    assert award(sides, listed, OPENED) == expected


@given(parties(), rules, st.data())
def test_who_came_last_matters_to_no_rule_but_protection(sides, listed, data):
    listed = [rule for rule in listed if rule.code is not BY_ARRIVAL]
    found = award(sides, listed, OPENED)
    for party in sides:
        party.challenger = False
    data.draw(st.sampled_from(sides)).challenger = True
    again = award(sides, listed, OPENED)
    assert (again and (again[0].row_id, again[1])) == (found and (found[0].row_id, found[1]))


@given(parties(), rules)
def test_a_rule_names_a_party_that_meets_it_and_no_earlier_rule_has_an_answer(sides, listed):
    found = award(sides, listed, OPENED)
    if found is None:
        assert all(award(sides, [rule], OPENED) is None for rule in listed)
        return
    winner, code = found
    asked = [rule.code for rule in listed].index(code)
    assert winner in sides
    assert [award(sides, [rule], OPENED) for rule in listed[:asked]] == [None] * asked
    assert code is not Code.EXCLUSIVE_LINK or winner.exclusive
    assert code is not Code.OPEN_DEAL or winner.open_deal_time
    assert code is not BY_ARRIVAL or not winner.challenger


def party(number, captured=10, **fields):
    return Party(Row.LEAD, UUID(int=number), UUID(int=number), None, "", OPENED - timedelta(days=captured), **fields)


def touched(first, last):
    return {
        "first_touch_time": OPENED - timedelta(days=first),
        "last_touch_time": OPENED - timedelta(days=last),
    }


@pytest.mark.parametrize(
    "worked",
    [touched(200, 20), touched(20, 0), {"open_deal_time": OPENED - timedelta(days=11)}],
)
def test_nobody_takes_a_customer_that_a_colleague_works_by_filling_in_the_own_form(worked):
    own_form = party(2, 10, challenger=True, exclusive=True)
    found = award([party(1, 300, **worked), own_form], PRESET, OPENED)
    assert found
    assert (found[0].row_id, found[1]) != (own_form.row_id, Code.EXCLUSIVE_LINK)
    assert found[0].row_id == UUID(int=1)


@pytest.mark.parametrize(
    "worked",
    [touched(400, 300), touched(9, 0), {"open_deal_time": OPENED - timedelta(days=9)}],
)
def test_a_link_wins_against_whoever_began_later_or_left_off_long_ago(worked):
    link = party(2, 10, challenger=True, exclusive=True)
    assert award([party(1, 500, **worked), link], PRESET, OPENED) == (link, Code.EXCLUSIVE_LINK)


@pytest.mark.parametrize(
    ("sides", "winner", "code"),
    [
        ([party(1), party(2, 0, challenger=True, exclusive=True)], 2, Code.EXCLUSIVE_LINK),
        ([party(1, **touched(9, 9)), party(2, 0, challenger=True, **touched(20, 1))], 2, FIRST),
        (
            [party(1, 400, **touched(300, 200)), party(2, 0, challenger=True, **touched(3, 1))],
            2,
            Code.FIRST_VALID_TOUCH,
        ),
        ([party(1, 29), party(2, 0, challenger=True)], 1, Code.PROTECTION_PERIOD),
        ([party(1, 31, open_deal_time=OPENED), party(2, 0, challenger=True)], 1, Code.OPEN_DEAL),
    ],
)
def test_the_shipped_list_in_its_order(sides, winner, code):
    found = award(sides, PRESET, OPENED)
    assert found is not None
    assert (found[0].row_id, found[1]) == (UUID(int=winner), code)


def test_where_no_rule_has_an_answer_a_manager_decides():
    assert award([party(1, 31), party(2, 0, challenger=True)], PRESET, OPENED) is None


def test_a_rule_stands_in_the_list_once():
    must_stand_once(PRESET)
    with pytest.raises(Violated):
        must_stand_once([*PRESET, PRESET[0]])
