"""What was done of what was planned."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.leads.visit_plans.domain import PRESET, Form, VisitRule, compliance, form_of, overall

ACCOUNTS = [UUID(int=n) for n in range(6)]
CLASSES = st.dictionaries(st.sampled_from(ACCOUNTS), st.integers(1, 5))
HAD = st.dictionaries(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(Form)), st.integers(0, 30))


@given(CLASSES, HAD)
def test_what_is_done_is_part_of_what_is_planned(classes, had):
    groups = compliance(PRESET, classes, had)
    for group in groups:
        assert 0 <= group.done <= group.planned
        assert group.rate == group.done / group.planned
    rate = overall(groups)
    assert (rate is None) == (not groups)
    assert rate is None or 0 <= rate <= 1


def test_meeting_one_too_often_makes_up_for_no_other():
    rule = VisitRule(1, Form.VISIT, 2)
    classes = {ACCOUNTS[0]: 1, ACCOUNTS[1]: 1}
    (group,) = compliance([rule], classes, {(ACCOUNTS[0], Form.VISIT): 9})
    assert (group.accounts, group.planned, group.done, group.rate) == (2, 4, 2, 0.5)


def test_every_kind_of_visit_is_a_visit_and_documents_are_not_counted():
    assert form_of("BUSINESS_MEAL", "VISIT") is Form.VISIT
    assert form_of("EMAIL", "COMMUNICATION") is Form.MAIL
    assert form_of("QUOTE", "DOCUMENT") is None
