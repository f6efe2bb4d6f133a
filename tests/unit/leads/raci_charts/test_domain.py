"""What a chart lacks before it can hold, and who has a duty in it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.process.domain import Stage
from services.leads.raci_charts.domain import (
    PRESET,
    ChartRetired,
    Duty,
    DutyTwice,
    HolderMissing,
    Party,
    RaciAssignment,
    RaciChart,
    StagesWithoutAccountable,
    StagesWithSeveralAccountable,
    State,
    check,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANN, BOB = UUID(int=1), UUID(int=2)
assignments = st.lists(
    st.builds(
        lambda stage, duty, party: RaciAssignment(stage, duty, party, ANN if party is Party.USER else None),
        st.sampled_from(Stage),
        st.sampled_from(Duty),
        st.sampled_from(Party),
    ),
    unique=True,
)


def chart(given=PRESET, state=State.DRAFT):
    return RaciChart(UUID(int=9), 1, list(given), ANN, NOW, NOW, state)


@given(assignments)
def test_a_chart_holds_if_and_only_if_each_step_has_exactly_one_a(given):
    drafted = chart(given)
    ones = [sum(one.stage is stage and one.duty is Duty.ACCOUNTABLE for one in given) for stage in Stage]
    if ones == [1] * len(Stage):
        assert drafted.gaps == []
        assert drafted.activate(NOW)
        assert [drafted.accountable(stage).duty for stage in Stage] == [Duty.ACCOUNTABLE] * len(Stage)
    else:
        assert len(drafted.gaps) == sum(count != 1 for count in ones)
        with pytest.raises((StagesWithoutAccountable, StagesWithSeveralAccountable)):
            drafted.activate(NOW)
        assert drafted.state is State.DRAFT


def test_the_refusal_names_the_steps():
    without = [one for one in PRESET if (one.stage, one.duty) != (Stage.NURTURED, Duty.ACCOUNTABLE)]
    with pytest.raises(StagesWithoutAccountable) as refused:
        chart(without).activate(NOW)
    assert refused.value.facts == {"stages": "NURTURED"}
    twice = [*PRESET, RaciAssignment(Stage.CLOSED, Duty.ACCOUNTABLE, Party.BOSS)]
    with pytest.raises(StagesWithSeveralAccountable) as several:
        chart(twice).activate(NOW)
    assert several.value.facts == {"stages": "CLOSED"}


def test_what_ships_can_be_activated():
    check(PRESET)
    assert chart().activate(NOW)


def test_an_active_chart_stays_as_it_is_and_a_retired_one_does_not_come_back():
    assert not chart(state=State.ACTIVE).activate(NOW)
    with pytest.raises(ChartRetired):
        chart(state=State.RETIRED).activate(NOW)


def test_a_user_is_named_where_the_party_is_a_user_and_only_there():
    for party, named in ((Party.USER, None), (Party.BOSS, ANN)):
        with pytest.raises(HolderMissing):
            check([RaciAssignment(Stage.CLOSED, Duty.RESPONSIBLE, party, named)])
    with pytest.raises(DutyTwice):
        check([PRESET[0], PRESET[0]])


@pytest.mark.parametrize(
    ("party", "who", "role", "held"),
    [
        (Party.USER, ANN, "REP", True),
        (Party.USER, BOB, "BOSS", False),
        (Party.OWNER, BOB, "REP", True),
        (Party.OWNER, ANN, "MANAGER", False),
        (Party.MANAGER, ANN, "MANAGER", True),
        (Party.MANAGER, ANN, "BOSS", True),
        (Party.MANAGER, ANN, "REP", False),
        (Party.BOSS, ANN, "MANAGER", False),
        (Party.BOSS, ANN, "BOSS", True),
    ],
)
def test_who_has_a_duty(party, who, role, held):
    duty = RaciAssignment(Stage.CLOSED, Duty.ACCOUNTABLE, party, ANN if party is Party.USER else None)
    assert duty.held_by(who, role, BOB) is held
