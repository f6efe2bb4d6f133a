"""Who must agree before a lead is given up, and what a lead that waits for that may not do."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.leads.discard_reasons.domain import DiscardReason
from services.leads.discards.domain import Discard, DiscardDecided, OwnDiscard, State, needs_second_look
from services.leads.leads.domain import Lead, Status
from services.leads.leads.refusals import DiscardPending, LeadNotDiscarded

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OWNER, MANAGER = UUID(int=1), UUID(int=2)
LOOK = DiscardReason("NO_NEED", "没有需求", second_look=True)
DECIDED = [state for state in State if state is not State.REQUESTED]


def lead(**fields):
    given = {"id": UUID(int=9), "company": "云杉", "owner_id": OWNER, "team_id": None}
    return Lead(**given, create_time=NOW, update_time=NOW, **fields)


def discard(state=State.REQUESTED):
    return Discard(UUID(int=3), UUID(int=9), "NO_NEED", Status.NEW, state, OWNER, NOW, NOW)


@pytest.mark.parametrize(
    ("role", "who", "needed"),
    [("REP", OWNER, True), ("MANAGER", OWNER, True), ("MANAGER", MANAGER, False), ("BOSS", OWNER, False)],
)
def test_somebody_else_looks_unless_a_manager_gives_up_anothers_lead_or_the_boss_any(role, who, needed):
    assert needs_second_look(LOOK, lead(), who, role) is needed
    assert not needs_second_look(DiscardReason("JUNK", "无效信息"), lead(), who, role)


@pytest.mark.parametrize(
    "step", [lambda a: a.qualify(5), lambda a: a.discard("JUNK"), lambda a: a.request_discard("A")]
)
def test_a_lead_that_waits_for_a_second_look_is_neither_judged_nor_given_up(step):
    with pytest.raises(DiscardPending):
        step(lead(discard_request="NO_NEED"))


def test_a_qualified_lead_that_waits_is_not_converted():
    with pytest.raises(DiscardPending):
        lead(status=Status.QUALIFIED, discard_request="NO_NEED").must_be_qualified()


def test_nobody_decides_their_own_discard():
    with pytest.raises(OwnDiscard):
        discard().decide(State.STANDS, OWNER, NOW)


@pytest.mark.parametrize("state", DECIDED)
def test_what_is_decided_is_not_decided_again(state):
    with pytest.raises(DiscardDecided):
        discard(state).decide(State.REJECTED, MANAGER, NOW)


@pytest.mark.parametrize("status", [Status.NEW, Status.QUALIFIED, Status.CONVERTED])
def test_only_a_discarded_lead_is_reopened(status):
    with pytest.raises(LeadNotDiscarded):
        lead(status=status).reopen(Status.NEW)
