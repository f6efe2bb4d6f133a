"""Who knows whom, where nobody does, and how that has changed."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.leads.relation_walls.domain import WallScore, wall

ACCOUNT = UUID(int=99)
CONTACTS = [UUID(int=n) for n in range(4)]
SCORES = st.lists(
    st.builds(WallScore, st.sampled_from(CONTACTS), st.uuids(), st.integers(0, 5)), unique_by=lambda one: one.user_id
)


@given(st.sets(st.sampled_from(CONTACTS)), SCORES)
def test_a_contact_is_a_gap_if_nobody_knows_it_and_strength_is_a_share(contacts, scores):
    shown = wall(ACCOUNT, contacts, ("2026Q2", scores), ("", []))
    known = {one.contact_id for one in scores if one.strength}
    assert set(shown.gaps) == contacts - known
    assert shown.delta is None
    assert (shown.strength is None) == (not contacts)
    assert shown.strength is None or 0 <= shown.strength <= 1


def test_the_strongest_of_ours_counts_for_each_of_theirs_and_the_last_cycle_is_beside_it():
    boss, rep = UUID(int=7), UUID(int=8)
    before = [WallScore(CONTACTS[0], rep, 1)]
    now = [WallScore(CONTACTS[0], rep, 2), WallScore(CONTACTS[0], boss, 5), WallScore(CONTACTS[1], rep, 0)]
    shown = wall(ACCOUNT, CONTACTS[:2], ("2026Q2", now), ("2026Q1", before))
    assert (shown.strength, shown.delta, shown.gaps) == (0.5, 0.4, [CONTACTS[1]])
    assert [one.previous_strength for one in shown.scores] == [1, None, None]
