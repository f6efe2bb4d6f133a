"""What is missing of a customer's chains, and that a decision chain ends somewhere."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.account_chains.domain import Approval, GapKind, Pain, chain
from services.leads.account_chains.refusals import (
    ApprovalContradicted,
    ApprovalKnown,
    DecisionCycle,
    LinkDeleted,
    LinkStands,
    UnknownAffectedContact,
    UnknownApprover,
)

ACCOUNT, NOW = UUID(int=99), datetime(2026, 11, 22, tzinfo=UTC)
PEOPLE = [UUID(int=n) for n in range(6)]
BUYER, HEAD, CHIEF = PEOPLE[:3]
person = st.sampled_from(PEOPLE)
OF = {"author_id": UUID(int=98), "create_time": NOW, "update_time": NOW}


def pain(contact, *affected, reason="人工对账"):
    ids = {"id": UUID(int=100), "contact_id": contact, "person_id": contact}
    return Pain(**ids, **OF, pain="月底加班", reason=reason, affected_contact_ids=list(affected))


def approval(contact, approver):
    return Approval(id=UUID(int=101), contact_id=contact, person_id=contact, **OF, approver_id=approver)


PAINS = st.lists(
    st.builds(
        lambda who, whom, why: pain(who, *(whom - {who}), reason=why),
        person,
        st.sets(person, max_size=3),
        st.sampled_from(["", "人工对账"]),
    ),
    max_size=8,
)
ASKED = st.lists(st.tuples(person, st.none() | person), max_size=30)


def stand(asked):
    """The approvals that stand once all have been asked for, one after the other."""
    known = []
    for contact, approver in asked:
        one = approval(contact, approver)
        try:
            one.must_fit(PEOPLE, known)
        except (ApprovalContradicted, ApprovalKnown, DecisionCycle):
            continue
        known.append(one)
    return known


def ancestors(known, start):
    above, waiting = set(), [start]
    for one in waiting:
        further = {each.approver_id for each in known if each.contact_id == one and each.approver_id} - above
        above |= further
        waiting += further
    return above


def gaps(shown):
    return {(one.contact_id, one.kind) for one in shown.gaps}


@given(ASKED)
def test_nobody_ever_approves_their_own_decisions(asked):
    known = stand(asked)
    assert all(one not in ancestors(known, one) for one in PEOPLE)


@given(ASKED, person, person)
def test_an_approval_is_refused_as_a_circle_only_if_it_closes_one_and_names_it(asked, contact, approver):
    known = stand(asked)
    closes = contact == approver or contact in ancestors(known, approver)
    try:
        approval(contact, approver).must_fit(PEOPLE, known)
    except DecisionCycle as refused:
        assert closes
        named = [UUID(one) for one in str(refused.facts["contacts"]).split(" → ")]
        assert named[0] == named[-1] == contact
        steps = {(one.contact_id, one.approver_id) for one in known} | {(contact, approver)}
        assert set(pairwise(named)) <= steps
    except (ApprovalContradicted, ApprovalKnown):
        pass
    else:
        assert not closes


@given(st.sets(person), PAINS, ASKED)
def test_completeness_is_what_no_gap_takes_away(contacts, pains, asked):
    shown = chain(ACCOUNT, contacts, pains, stand(asked))
    if shown.completeness is None:
        assert (contacts, shown.gaps) == (set(), [])
        return
    assert contacts
    assert 0 <= shown.completeness <= 1
    assert (shown.completeness == 1) == (not shown.gaps)
    assert {one.contact_id for one in shown.gaps} <= contacts
    assert max(Counter((one.contact_id, one.kind) for one in shown.gaps).values(), default=1) == 1
    assert all({one.contact_id, *one.affected_contact_ids} <= contacts for one in shown.pains)


@given(st.sets(person, min_size=1), PAINS, ASKED, PAINS)
def test_whatever_becomes_known_makes_a_chain_no_less_complete(contacts, pains, asked, more):
    known = stand(asked)
    before = gaps(chain(ACCOUNT, contacts, pains, known))
    assert gaps(chain(ACCOUNT, contacts, [*pains, *more], known)) <= before
    assert gaps(chain(ACCOUNT, contacts, pains, known[:-1])) >= before


@given(st.sets(person, min_size=1), PAINS, ASKED)
def test_where_everybody_has_an_approver_or_decides_finally_somebody_does(contacts, pains, asked):
    shown = chain(ACCOUNT, contacts, pains, stand(asked))
    if all(one.kind is not GapKind.NO_APPROVER for one in shown.gaps):
        assert any(one.approver_id is None for one in shown.approvals)


def test_a_gap_names_the_contact_and_what_is_missing():
    shown = chain(ACCOUNT, [BUYER, HEAD, CHIEF], [pain(BUYER, HEAD), pain(HEAD, reason="")], [approval(BUYER, HEAD)])
    assert [(one.contact_id, one.kind) for one in shown.gaps] == [
        (HEAD, GapKind.NO_REASON),
        (HEAD, GapKind.NO_APPROVER),
        (CHIEF, GapKind.NO_PAIN),
        (CHIEF, GapKind.NO_REASON),
        (CHIEF, GapKind.NO_LINK),
        (CHIEF, GapKind.NO_APPROVER),
    ]
    assert shown.completeness == 0.5


def test_an_only_contact_need_not_affect_anybody():
    assert chain(ACCOUNT, [BUYER], [pain(BUYER)], [approval(BUYER, None)]).completeness == 1


def test_what_points_at_somebody_else_is_refused():
    with pytest.raises(UnknownApprover):
        approval(BUYER, CHIEF).must_fit([BUYER, HEAD], [])
    for whom in (BUYER, CHIEF):
        with pytest.raises(UnknownAffectedContact):
            pain(BUYER, whom).must_affect([BUYER, HEAD])
    with pytest.raises(ApprovalContradicted):
        approval(BUYER, None).must_fit(PEOPLE, [approval(BUYER, HEAD)])


def test_a_link_is_deleted_and_restored_in_turn():
    one = replace(pain(BUYER))
    with pytest.raises(LinkStands):
        one.restore()
    one.delete(NOW)
    with pytest.raises(LinkDeleted):
        one.delete(NOW)
    one.restore()
    assert one.delete_time is None
