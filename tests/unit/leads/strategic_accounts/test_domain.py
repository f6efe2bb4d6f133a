"""How customers are scored by the relation model."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.strategic_accounts.domain import (
    ENDS,
    PRESET,
    Criterion,
    CriterionTwice,
    SelectionModel,
    WeightedCriterion,
    must_differ,
    points,
    score,
)

NOBODY = UUID(int=0)
WEIGHTS = st.dictionaries(st.sampled_from(Criterion), st.integers(1, 100), min_size=1)
MARKS = st.floats(0, 5, allow_nan=False)
VALUES = st.dictionaries(st.sampled_from(Criterion), MARKS)


def model(weights):
    return SelectionModel(1, [WeightedCriterion(criterion, weight) for criterion, weight in weights.items()])


def scored(weights, known):
    return score(NOBODY, model(weights), known)


@given(WEIGHTS, VALUES)
def test_a_score_is_none_of_nothing_known_and_else_between_0_and_100(weights, known):
    found = scored(weights, known)
    assert (found.score is None) == (not weights.keys() & known.keys())
    assert found.score is None or 0 <= found.score <= 100
    assert 0 <= found.coverage <= 1
    assert (found.coverage == 1) == (weights.keys() <= known.keys())


@given(WEIGHTS, VALUES)
def test_weights_count_in_proportion_only(weights, known):
    thrice = scored({criterion: 3 * weight for criterion, weight in weights.items()}, known)
    assert thrice.score == pytest.approx(scored(weights, known).score, abs=0.1)


@given(WEIGHTS, VALUES, st.sampled_from(Criterion), st.tuples(MARKS, MARKS))
def test_who_is_better_by_one_criterion_scores_no_less(weights, known, criterion, values):
    worse, better = sorted(values, key=lambda value: points(criterion, value))
    weighed = {criterion: 1} | weights
    low, high = (scored(weighed, known | {criterion: value}).score or 0 for value in (worse, better))
    assert low <= high


@given(WEIGHTS)
def test_the_best_of_all_is_100_and_the_worst_0(weights):
    assert scored(weights, {one: best for one, (_, best) in ENDS.items()}).score == 100
    assert scored(weights, {one: worst for one, (worst, _) in ENDS.items()}).score == 0


def test_the_first_class_is_the_best_and_a_level_of_three_lies_in_the_middle():
    assert (points(Criterion.QUINTILE, 1), points(Criterion.QUINTILE, 5)) == (1, 0)
    assert points(Criterion.RELATION_LEVEL, 3) == 0.5


def test_what_is_not_known_is_left_out_of_the_mean():
    found = scored({Criterion.FIT: 60, Criterion.WALL: 40}, {Criterion.FIT: 2.5})
    assert (found.score, found.coverage) == (50, 0.6)


def test_the_shipped_model_weighs_a_hundred_and_names_each_criterion_once():
    must_differ(PRESET.criteria)
    assert sum(one.weight for one in PRESET.criteria) == 100
    with pytest.raises(CriterionTwice):
        must_differ([*PRESET.criteria, PRESET.criteria[0]])
