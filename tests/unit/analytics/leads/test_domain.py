"""Leads as they are told, and what they add to the sums."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import reduce
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.analytics.leads.domain import Lead, share

NEW = Lead(
    id=UUID(int=1),
    company="某某科技",
    owner_id=UUID(int=2),
    team_id=None,
    channel="展会",
    campaign="",
    status="NEW",
    qualified=False,
    capture_time=datetime(2024, 5, 1, tzinfo=UTC),
    capture_day=date(2024, 5, 1),
    version=1,
)
STORY = [
    NEW,
    replace(NEW, status="QUALIFIED", qualified=True, version=2),
    replace(NEW, status="QUALIFIED", qualified=True, version=3, owner_id=UUID(int=9)),
    replace(NEW, status="DISCARDED", qualified=True, version=4, owner_id=UUID(int=9)),
]


@given(st.permutations([*STORY, *STORY[:2]]))
def test_what_is_known_does_not_depend_on_the_order_or_repetition_of_telling(told):
    assert reduce(Lead.merged, told) == STORY[-1]


def test_a_lead_that_was_given_up_after_it_was_judged_stays_judged():
    assert NEW.merged(STORY[1]).merged(replace(STORY[3], qualified=False)).qualified


def test_a_lead_counts_on_its_day_and_in_its_month_for_its_present_owner():
    found = share(STORY[-1])
    assert found.owner_id == UUID(int=9)
    assert found.cells == {
        ("DAY", date(2024, 5, 1), "展会", ""): (1, 1, 0, 1),
        ("MONTH", date(2024, 5, 1), "展会", ""): (1, 1, 0, 1),
    }
