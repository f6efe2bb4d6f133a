"""An account stands in the first step of which something is left to do, in whatever order things are noted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.development.domain import (
    GENERAL,
    MOST_PASSAGES,
    WORK,
    DevelopmentChecklist,
    DevelopmentEntry,
    DevelopmentItem,
    ItemTwice,
    Place,
    Step,
    StepsWithoutItem,
    UnknownItem,
    followed,
    stand,
)

NOW, REP = datetime(2026, 3, 2, 9, tzinfo=UTC), UUID(int=1)
ONE, OTHER = UUID(int=8), UUID(int=9)
CODES = [item.code for item in GENERAL.items]
EAST = DevelopmentChecklist("华东", "", tuple(DevelopmentItem(step, f"EAST_{step}", "东") for step in WORK), 3)


def standing(entries, checklist=GENERAL, account=ONE):
    return stand(UUID(int=7), account, entries, checklist)


def noted(*moves, account=ONE, checklist=GENERAL, begin=NOW):
    """The entries that somebody makes who notes that one by one, a minute apart."""
    entries = []
    for number, (code, done) in enumerate(moves):
        now = standing(entries, checklist, account)
        identity = UUID(int=account.int * 1000 + number)
        at = begin + timedelta(minutes=number)
        if entry := now.next_entry(identity, code, done, REP, at, checklist):
            entries.append(entry)
    return entries


MOVES = st.lists(st.tuples(st.sampled_from(CODES), st.booleans()))


@given(MOVES)
def test_the_step_is_the_first_with_something_left_whatever_the_order(moves):
    done = set()
    for code, is_done in moves:
        (done.add if is_done else done.discard)(code)
    found = standing(noted(*moves))
    left = [step for step, code in zip(WORK, CODES, strict=True) if code not in done]
    assert found.step is (left[0] if left else Step.DONE)
    assert {tick.item for tick in found.ticks} == done
    assert not found.passages or found.passages[-1].step is found.step


@given(MOVES, MOVES, st.randoms(use_true_random=False))
def test_what_was_noted_for_two_comes_together_in_any_order_and_parts_again(mine, theirs, random):
    ours = noted(*mine)
    came = [
        replace(entry, account_id=ONE, merged_from=OTHER)
        for entry in noted(*theirs, account=OTHER, begin=NOW + timedelta(seconds=30))
    ]
    shuffled = [*ours, *came]
    random.shuffle(shuffled)
    merged = standing(shuffled)
    assert merged == standing([*ours, *came])
    assert merged.version == len(ours) + len(came)
    last = {}
    for entry in sorted(shuffled, key=lambda one: one.create_time):
        last[entry.item] = entry.done
    assert {tick.item for tick in merged.ticks} == {item for item, done in last.items() if done}
    assert standing([entry for entry in shuffled if entry.merged_from is None]) == standing(ours)


def test_what_is_so_already_is_not_noted_again():
    begun = noted(("SEGMENT_NAMED", True))
    assert standing(begun).next_entry(OTHER, "SEGMENT_NAMED", True, REP, NOW, GENERAL) is None
    assert standing(begun).next_entry(OTHER, "CLASS_GIVEN", False, REP, NOW, GENERAL) is None


def test_what_is_noted_later_counts_even_if_it_waited_for_its_turn():
    begun = noted(("SEGMENT_NAMED", True))
    undone = standing(begun).next_entry(OTHER, "SEGMENT_NAMED", False, REP, NOW - timedelta(seconds=1), GENERAL)
    assert standing([*begun, undone]).ticks == []


def test_an_account_keeps_the_checklist_that_it_began_with_before_that_of_another():
    assert followed([]) is None
    theirs = [
        replace(entry, account_id=ONE, merged_from=OTHER)
        for entry in noted(("EAST_CLASSIFY", True), account=OTHER, checklist=EAST, begin=NOW - timedelta(days=1))
    ]
    assert followed(theirs) == Place("华东", "", 3)
    both = [*theirs, *noted(("SEGMENT_NAMED", True))]
    assert followed(both) == Place()
    found = standing(both)
    assert ([tick.item for tick in found.ticks], found.step) == (["SEGMENT_NAMED"], Step.FIND_LEADS)
    assert found.create_time == NOW - timedelta(days=1)


def test_the_newest_passages_are_told():
    moves = [("SEGMENT_NAMED", number % 2 == 0) for number in range(MOST_PASSAGES + 20)]
    found = standing(noted(*moves))
    assert len(found.passages) == MOST_PASSAGES
    assert found.passages[-1].enter_time == found.step_time == found.update_time


def test_the_eight_steps_are_those_of_the_process_and_what_ships_has_something_to_do_in_each():
    assert len(WORK) == 8
    GENERAL.check()


def test_a_step_without_anything_to_do_is_named_and_so_is_an_item_twice():
    with pytest.raises(StepsWithoutItem) as refused:
        DevelopmentChecklist("华东", "", GENERAL.items[:6]).check()
    assert refused.value.facts == {"steps": "SELL, PLAN_SALES"}
    with pytest.raises(ItemTwice):
        DevelopmentChecklist("", "", (*GENERAL.items, GENERAL.items[0])).check()


def test_what_the_checklist_does_not_ask_is_not_ticked():
    with pytest.raises(UnknownItem):
        standing([]).next_entry(OTHER, "NOTHING", True, REP, NOW, GENERAL)


def test_an_entry_of_another_checklist_changes_no_step():
    strange = DevelopmentEntry(OTHER, ONE, "EAST_SELL", True, REP, NOW, "华东", "", 3)
    assert (standing([strange]).step, standing([strange]).ticks) == (Step.SEGMENT_MARKET, [])
