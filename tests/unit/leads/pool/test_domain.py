"""The rules of the pool."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.leads.domain import Lead
from services.leads.leads.refusals import LeadHeld
from services.leads.pool.domain import (
    DailyClaimsExhausted,
    HoldingQuotaReached,
    NoticeTooLong,
    PoolRules,
    PoolViewsExhausted,
    ReturnReason,
)

counts = st.integers(0, 50)


def test_as_they_ship_nothing_returns_by_itself():
    assert PoolRules().in_force() == []


@pytest.mark.parametrize("days", [{"idle_days": 3, "notice_days": 3}, {"conversion_days": 2, "notice_days": 5}])
def test_nobody_is_told_of_a_return_before_the_term_has_begun(days):
    with pytest.raises(NoticeTooLong):
        PoolRules(**days).check()


@pytest.mark.parametrize("days", [{"notice_days": 30}, {"idle_days": 3, "notice_days": 2}])
def test_a_notice_fits_within_the_terms_that_are_counted(days):
    PoolRules(**days).check()


@given(counts, counts, counts, counts)
def test_one_may_claim_as_long_as_neither_the_day_nor_the_hands_are_full(daily, quota, claimed, held):
    rules = PoolRules(daily_claims=daily, holding_quota=quota)
    if claimed >= daily:
        with pytest.raises(DailyClaimsExhausted):
            rules.may_claim(claimed, held)
    elif quota and held >= quota:
        with pytest.raises(HoldingQuotaReached):
            rules.may_claim(claimed, held)
    else:
        rules.may_claim(claimed, held)


def test_the_last_view_of_the_day_is_allowed_and_the_next_is_not():
    PoolRules(daily_views=2).may_view(2)
    with pytest.raises(PoolViewsExhausted):
        PoolRules(daily_views=2).may_view(3)


def test_a_rule_is_in_force_once_its_number_is_set():
    rules = PoolRules(idle_days=5, holding_quota=30)
    assert rules.in_force() == [ReturnReason.IDLE, ReturnReason.OVER_QUOTA]
    assert [rules.days(reason) for reason in rules.in_force()] == [5, 0]


def test_a_lead_that_a_collision_holds_cannot_be_let_go():
    now, owner = datetime(2026, 3, 2, tzinfo=UTC), UUID(int=7)
    lead = Lead(UUID(int=1), "上海云杉科技有限公司", owner, None, now, now, collision_id=UUID(int=2))
    with pytest.raises(LeadHeld):
        lead.let_go()
    assert lead.owner_id == owner
