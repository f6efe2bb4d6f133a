"""Walks through trees end, also where a copy of one is not whole."""

from hypothesis import given
from hypothesis import strategies as st

from services.kit.ids import new_id
from services.kit.trees import subtree, upwards

NODES = [new_id() for _ in range(6)]
maybe_circular = st.dictionaries(st.sampled_from(NODES), st.none() | st.sampled_from(NODES))


@given(maybe_circular, st.sampled_from(NODES))
def test_a_node_is_below_another_if_and_only_if_that_is_above_it(parents, top):
    below = subtree(parents, top)
    assert len(set(below)) == len(below)
    assert {node for node in NODES if top in list(upwards(parents, node))} == set(below)
