import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.teams.domain import TeamBelowItself, UnknownParentTeam, must_stand_under
from services.kit.ids import new_id
from services.kit.trees import subtree

TOP, EAST, WEST, SHOP = (new_id() for _ in range(4))
TREE = {TOP: None, EAST: TOP, WEST: TOP, SHOP: EAST}


def test_a_subtree_is_the_team_and_all_below_it():
    assert subtree(TREE, EAST) == (EAST, SHOP)
    assert set(subtree(TREE, TOP)) == set(TREE)
    assert subtree(TREE, SHOP) == (SHOP,)


def test_a_team_stands_anywhere_but_under_itself():
    must_stand_under(TREE, EAST, WEST)
    must_stand_under(TREE, EAST, None)
    for parent in (EAST, SHOP):
        with pytest.raises(TeamBelowItself):
            must_stand_under(TREE, EAST, parent)
    with pytest.raises(UnknownParentTeam):
        must_stand_under(TREE, EAST, new_id())


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=40))
def test_no_row_of_allowed_moves_ever_closes_a_circle(moves):
    teams = [new_id() for _ in range(8)]
    parents = dict.fromkeys(teams)
    for child, parent in moves:
        try:
            must_stand_under(parents, teams[child], teams[parent])
        except TeamBelowItself:
            continue
        parents[teams[child]] = teams[parent]
    for team in teams:
        above = [team]
        while (parent := parents[above[-1]]) is not None:
            above.append(parent)
            assert len(above) <= len(teams)
