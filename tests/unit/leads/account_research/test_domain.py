"""How well our products fit what a customer needs."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.account_research.domain import FitCell, FitCellTwice, fit_score, matrix, must_differ

NOBODY = UUID(int=0)
NOW = datetime(2026, 1, 5, tzinfo=UTC)
MARKS = st.integers(0, 5)
CELLS = st.lists(
    st.builds(FitCell, st.sampled_from("PQR"), st.sampled_from(("快", "稳", "省")), MARKS, MARKS),
    unique_by=lambda one: (one.product_code, one.need),
    max_size=9,
)


def of(cells):
    return matrix(NOBODY, 1, cells, NOBODY, NOW)


@given(CELLS)
def test_a_fit_is_none_or_lies_between_the_worst_and_the_best_that_matters(cells):
    fits = [one.fit for one in cells if one.importance]
    found = fit_score(cells)
    if found is None:
        assert not fits
    else:
        assert min(fits) <= found <= max(fits)


@given(CELLS)
def test_what_does_not_matter_and_how_needs_are_scaled_changes_nothing(cells):
    matters = [one for one in cells if one.importance]
    assert fit_score(matters) == fit_score(cells)
    twice = [FitCell(one.product_code, one.need, one.importance * 2, one.fit) for one in cells]
    assert fit_score(twice) == fit_score(cells)


@given(CELLS, st.randoms())
def test_the_order_in_which_cells_come_does_not_matter(cells, random):
    shuffled = list(cells)
    random.shuffle(shuffled)
    assert of(shuffled) == of(cells)


@given(CELLS)
def test_the_fit_of_all_is_the_mean_of_the_products_by_the_weight_of_what_each_serves(cells):
    found = of(cells)
    weights = {
        one.product_code: sum(cell.importance for cell in cells if cell.product_code == one.product_code)
        for one in found.products
    }
    total = sum(weights.values())
    if found.score is not None:
        mean = sum((one.score or 0) * weights[one.product_code] for one in found.products) / total
        assert found.score == pytest.approx(mean)


def test_an_important_need_that_nothing_serves_is_a_gap():
    cells = [
        FitCell("P", "稳", 5, 2),
        FitCell("Q", "稳", 5, 3),
        FitCell("P", "快", 4, 2),
        FitCell("P", "省", 3, 0),
    ]
    assert of(cells).gaps == ["快"]


def test_a_product_is_judged_once_for_a_need():
    with pytest.raises(FitCellTwice):
        must_differ([FitCell("P", "快", 1, 1), FitCell("P", "快", 2, 2)])
