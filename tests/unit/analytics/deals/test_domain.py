"""Deals as they are told, and what they add to the sums."""

from datetime import date
from functools import reduce
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.analytics.days import FOREVER, Period
from services.analytics.deals.domain import FACTORS, GRAINS, LOST, WON, Deal, State, Step, became, share, spans
from services.analytics.rollups.domain import NOTHING, Changes
from tests.unit.analytics.stories import days, deal_stories, shuffled

periods = st.tuples(days, st.integers(1, 200)).map(lambda p: Period(p[0], date.fromordinal(p[0].toordinal() + p[1])))


def known(story):
    return reduce(Deal.merged, story)


@given(st.data())
def test_what_is_known_does_not_depend_on_the_order_or_repetition_of_telling(data):
    story = data.draw(deal_stories())
    assert known(data.draw(shuffled(story))) == known(story)


@given(deal_stories())
def test_stays_follow_each_other_without_gap_and_only_the_last_may_last(story):
    stays = spans(known(story).steps)
    assert [stay.seq for stay in stays] == list(range(len(stays)))
    for one, other in pairwise(stays):
        assert one.left == other.entered
        assert one.stage != other.stage
    assert all(stay.left < FOREVER for stay in stays[:-1])
    assert (stays[-1].left == FOREVER) == (known(story).close_day is None)


@given(st.data())
def test_more_steps_only_make_more_stays(data):
    told = data.draw(shuffled(data.draw(deal_stories())))
    counts = [len(spans(known(told[:end]).steps)) for end in range(1, len(told) + 1)]
    assert counts == sorted(counts)


@given(st.lists(deal_stories(), max_size=8), periods, st.sampled_from(FACTORS))
def test_open_at_the_end_is_open_at_the_beginning_plus_inflow_minus_won_minus_lost(stories, period, factor):
    stays = [spans(known(story).steps) for story in stories]
    found = [one for one in (became(each, period, factor) for each in stays) if one]

    def open_at(day):
        return sum(any(stay.open_at(day) for stay in each) for each in stays)

    inflow = sum(one.came_in for one in found)
    won, lost = (sum(one.state == end for one in found) for end in (State.WON, State.LOST))
    assert open_at(period.end) == open_at(period.start) + inflow - won - lost
    assert len(found) == open_at(period.start) + inflow


@given(deal_stories(), periods, st.sampled_from(FACTORS))
def test_a_deal_has_the_state_that_its_stages_at_both_ends_of_the_period_say(story, period, factor):
    deal = known(story)
    stays = spans(deal.steps)
    found = became(stays, period, factor)

    def standing(day):
        steps = [step for step in deal.steps if step.day < day]
        return None if not steps or steps[-1].outcome else steps[-1]

    first, last = standing(period.start), standing(period.end)
    if last is None:
        closed = deal.close_day is not None and period.start <= deal.close_day < period.end
        assert (found.state if found else None) == (deal.state if closed else None)
        return
    assert found is not None
    assert (found.span.stage, found.came_in) == (last.stage, first is None)
    if first is None:
        assert found.state == State.INFLOW
    elif last.place != first.place:
        assert found.state == (State.ADVANCED if last.place > first.place else State.MOVED_BACK)
    elif any(period.start <= step.day < period.end for step in deal.steps):
        assert found.state == State.NORMAL
    else:
        late = (period.end - found.span.entered).days > factor * found.span.expected_days > 0
        assert found.state == (State.STALLED if late else State.NORMAL)


@given(deal_stories(), days, st.sampled_from(GRAINS), st.sampled_from(FACTORS))
def test_the_sums_of_a_calendar_period_tell_the_same_as_the_stays(story, day, grain, factor):
    deal = known(story)
    period = Period(grain.start(day), grain.next(grain.start(day)))
    told = []
    for cell in share(deal).cells:
        series, product, start, _, stage, state, expected, _ = cell
        if product or series.endswith("_BY_PRODUCT"):
            continue
        if series == "RESTING" and start < period.start:
            late = (period.end - start).days > factor * expected > 0
            told.append((stage, State.STALLED if late else State.NORMAL))
        if series == f"STATE_{grain}" and start == period.start:
            if state.startswith("RESTED_"):
                overran = int(state.removeprefix("RESTED_")) > FACTORS.index(factor)
                state = State.STALLED if overran else State.NORMAL
            told.append((stage, State(state.removesuffix("_NEW"))))
    found = became(spans(deal.steps), period, factor)
    assert told == ([(found.span.stage, found.state)] if found else [])


@given(st.data())
def test_sums_changed_step_by_step_are_the_sums_of_what_is_known(data):
    stories = data.draw(st.lists(deal_stories(), max_size=4, unique_by=lambda story: story[0].id))
    told = Changes()
    facts: dict[Any, Deal] = {}
    for event in data.draw(shuffled([event for story in stories for event in story])):
        before = facts.get(event.id)
        facts[event.id] = before.merged(event) if before else event
        told.count(share(before), share(facts[event.id]))
    recomputed = Changes()
    for deal in facts.values():
        recomputed.count(NOTHING, share(deal))
    assert sorted(told.rows()) == sorted(recomputed.rows())


def test_a_deal_opened_and_won_on_one_day_came_in_and_left_that_day():
    day = date(2024, 5, 1)
    stays = spans([Step(1, day, "A", 0, 10), Step(2, day, "A", 0, 10, WON)])
    found = became(stays, Period(day, date(2024, 5, 2)), 1)
    assert found is not None
    assert (found.state, found.came_in) == (State.WON, True)
    assert became(stays, Period(date(2024, 5, 2), date(2024, 6, 1)), 1) is None


def test_an_end_that_is_told_before_the_beginning_counts_once_both_are_known():
    opened, closed = Step(1, date(2024, 5, 1), "A", 0, 10), Step(2, date(2024, 5, 9), "A", 0, 10, LOST)
    assert spans([closed])[0].outcome == LOST
    assert spans([closed, opened]) == spans([opened, closed])


def test_a_stay_without_a_norm_never_stalls():
    stays = spans([Step(1, date(2020, 1, 1), "A", 0, 0)])
    found = became(stays, Period(date(2024, 1, 1), date(2024, 2, 1)), 1)
    assert found is not None
    assert found.state == State.NORMAL
