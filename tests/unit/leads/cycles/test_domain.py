"""Five classes of equal size, and what moves between them."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.cycles.domain import Flow, Move, Standing, migration, moved, quintiles

VALUES = st.dictionaries(st.uuids(), st.decimals(-1000, 1000, places=2), max_size=200)


@given(VALUES)
def test_classes_differ_in_size_by_one_at_most_and_the_first_take_what_is_left(values):
    ranked = quintiles(values)
    sizes = [sum(one.quintile == quintile for one in ranked) for quintile in range(1, 6)]
    assert sum(sizes) == len(values)
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


@given(VALUES)
def test_nobody_in_a_worse_class_has_a_larger_value_and_ties_go_by_id(values):
    ranked = quintiles(values)
    assert [(-one.value, one.account_id) for one in ranked] == sorted((-v, k) for k, v in values.items())
    assert [one.place for one in ranked] == list(range(1, len(values) + 1))
    assert [one.quintile for one in ranked] == sorted(one.quintile for one in ranked)


@given(VALUES, st.randoms())
def test_the_order_in_which_values_come_does_not_matter(values, random):
    shuffled = list(values.items())
    random.shuffle(shuffled)
    assert quintiles(dict(shuffled)) == quintiles(values)


def test_seven_equal_values_make_classes_of_two_two_one_one_one():
    ranked = quintiles({UUID(int=n): Decimal(1) for n in range(7)})
    assert [(one.account_id.int, one.quintile) for one in ranked] == [
        *((0, 1), (1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 5))
    ]


@pytest.mark.parametrize(
    ("before", "now", "move"),
    [(0, 1, Move.NEW), (3, 1, Move.UP), (1, 3, Move.DOWN), (2, 2, Move.SAME)],
)
def test_a_better_class_has_a_smaller_number(before, now, move):
    assert moved(before, now) is move


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5), st.booleans()), max_size=60))
def test_the_migration_matrix_counts_everybody_once(ways):
    standings = [
        Standing(
            UUID(int=n),
            UUID(int=0),
            UUID(int=n),
            Decimal(1),
            1,
            now,
            before,
            Move.DROPPED if gone else moved(before, now),
        )
        for n, (before, now, gone) in enumerate(ways)
    ]
    flows = migration(standings)
    assert sum(one.count for one in flows) == len(ways)
    gone = sum(one.count for one in flows if one.to_quintile == 0)
    assert gone == sum(dropped for _, _, dropped in ways)
    assert all(isinstance(one, Flow) and one.count > 0 for one in flows)
