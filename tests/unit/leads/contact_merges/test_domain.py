"""A merge of contacts that is undone leaves both as they were, whatever they held."""

from copy import deepcopy
from datetime import UTC, datetime
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import Conflict, Refused
from services.leads.account_chains.domain import Approval, Pain
from services.leads.account_chains.domain import united as links_united
from services.leads.accounts.domain import Contact
from services.leads.contact_merges.domain import FIELDS, ContactMerge, conflicts, filled
from services.leads.relation_walls.domain import WallScore, united

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ACCOUNT, USER = uuid4(), uuid4()
words = st.sampled_from(["", "王芳", "王 芳", "李雷"])
people = st.builds(
    lambda name, title, phone, email: Contact(uuid4(), ACCOUNT, uuid4(), name, NOW, NOW, title, phone, email),
    *(words for _ in FIELDS),
)
takes = st.lists(st.sampled_from(FIELDS), unique=True)


def merged(duplicate, survivor, take):
    done = ContactMerge(uuid4(), ACCOUNT, survivor.id, duplicate.id, survivor.person_id, "同一人", USER, NOW, NOW)
    done.unite(duplicate, survivor, take)
    return done


@given(people, people, takes)
def test_a_merge_that_is_undone_leaves_both_as_they_were(duplicate, survivor, take):
    before = deepcopy((duplicate, survivor))
    done = merged(duplicate, survivor, take)
    assert duplicate.merged_into == survivor.id
    done.part(duplicate, survivor)
    assert (duplicate, survivor) == before


@given(people, people, takes)
def test_nothing_that_either_knew_alone_is_lost_and_only_what_was_taken_is_replaced(duplicate, survivor, take):
    wanted = {*filled(duplicate, survivor), *(one for one in conflicts(duplicate, survivor) if one in take)}
    before = deepcopy(survivor)
    merged(duplicate, survivor, take)
    for name in FIELDS:
        assert getattr(survivor, name) == getattr(duplicate if name in wanted else before, name)


@given(people, people, takes, st.sampled_from(FIELDS))
def test_what_somebody_has_changed_since_stays_when_a_merge_is_undone(duplicate, survivor, take, name):
    done = merged(duplicate, survivor, take)
    survivor.change(**{name: "改过的"})
    done.part(duplicate, survivor)
    assert getattr(survivor, name) == "改过的"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=8))
def test_a_wall_scores_a_person_once_by_the_survivors_own_score_else_by_the_newest(given_scores):
    ids = [UUID(int=number) for number in range(4)]
    into = {ids[1]: ids[0], ids[2]: ids[1]}
    found = united([WallScore(ids[one], USER, strength) for one, strength in given_scores], into)
    for stands, records in ((0, (0, 1, 2)), (3, (3,))):
        theirs = [strength for one, strength in given_scores if one in records]
        own = [strength for one, strength in given_scores if one == stands]
        expected = (own or theirs)[-1:]
        assert [one.strength for one in found if one.contact_id == ids[stands]] == expected


PEOPLE = [UUID(int=number) for number in range(5)]
ROOTS = {PEOPLE[1]: PEOPLE[0], PEOPLE[2]: PEOPLE[1]}
WHO = {"person_id": USER, "author_id": USER, "create_time": NOW, "update_time": NOW}
pairs = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)).filter(lambda one: one[0] != one[1]))


@given(pairs)
def test_approvals_go_in_no_circle_once_contacts_are_merged_and_stand_as_before_without(wanted):
    approvals = []
    for contact, approver in wanted:
        new = Approval(id=uuid4(), contact_id=contact, approver_id=approver, **WHO)
        try:
            new.must_fit(PEOPLE, approvals)
        except (Conflict, Refused):
            continue
        approvals.append(new)
    assert links_united(PEOPLE, [], approvals, {}) == ([], approvals)
    standing = [one for one in PEOPLE if one not in ROOTS]
    above = {(one.contact_id, one.approver_id) for one in links_united(standing, [], approvals, ROOTS)[1]}
    for _ in PEOPLE:
        above |= {(low, top) for low, middle in above for other, top in above if middle == other}
    assert all(low != top for low, top in above)
    own = {(one.contact_id, one.approver_id) for one in approvals}
    assert {pair for pair in own if not {*pair} & ROOTS.keys()} <= above


@given(pairs)
def test_a_pain_is_the_survivors_and_affects_others_once(wanted):
    pains = [Pain(id=uuid4(), contact_id=one, pain="慢", affected_contact_ids=[other], **WHO) for one, other in wanted]
    for pain in links_united(PEOPLE, pains, [], ROOTS)[0]:
        assert pain.contact_id not in ROOTS
        assert pain.contact_id not in pain.affected_contact_ids
