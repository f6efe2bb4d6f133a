"""Whatever happens to a lead, it stands in exactly one stage of the process, and what is undone leads back."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import Refused
from services.leads.leads.domain import NOBODY, Lead, Status
from services.leads.pasts.domain import Past, relive
from services.leads.process.domain import MOST_PASSAGES, Stage, stage_of

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ME, OTHER = UUID(int=1), UUID(int=2)
ENDS = (Stage.CONVERTED, Stage.CLOSED)
DEEDS = {
    "qualify": lambda lead: lead.qualify(60),
    "assign": lambda lead: lead.assign(OTHER, None),
    "touch": lambda lead: lead.nurture(),
    "let go": lambda lead: lead.let_go(),
    "discard": lambda lead: lead.discard("NO_NEED"),
    "reopen": lambda lead: lead.reopen(Status.QUALIFIED if lead.score else Status.NEW),
    "convert": lambda lead: lead.convert(UUID(int=3), None, None),
}


def new(**known):
    return Lead(UUID(int=9), "云杉", ME, None, START, START, **known)


def lived(deeds):
    """A lead after these deeds, a day each, and which of them were not refused, each with the stage after it."""
    lead, done = new(), []
    for day, deed in enumerate(deeds, 1):
        with suppress(Refused):
            DEEDS[deed](lead)
            lead.come_to_stage(START + timedelta(days=day))
            done.append((deed, lead.stage))
    return lead, done


def told(done):
    """The stage as somebody would tell it who knows only what was done, and in which order."""
    deeds = [deed for deed, _ in done]
    if "convert" in deeds:
        return Stage.CONVERTED
    ends = [deed for deed in deeds if deed in ("discard", "reopen")]
    if ends and ends[-1] == "discard":
        return Stage.CLOSED
    held, owned = [], True
    for deed, stage in done:
        if deed == "let go":
            held, owned = [], False
        if deed == "assign":
            owned = True
        # Where a lead is closed or lies in the pool, a touch brings it nowhere.
        if deed == "assign" or (deed == "touch" and owned and stage is not Stage.CLOSED):
            held.append(deed)
    if "touch" in held:
        return Stage.NURTURED
    if "assign" in held:
        return Stage.DISTRIBUTED
    return Stage.VERIFIED if "qualify" in deeds else Stage.COLLECTED


histories = st.lists(st.sampled_from(sorted(DEEDS)), max_size=30)


@given(histories)
def test_every_history_leads_to_exactly_one_stage(deeds):
    lead, done = lived(deeds)
    assert lead.stage is told(done)


@given(histories)
def test_each_change_of_stage_is_kept_once_with_when_it_was(deeds):
    lead, _ = lived(deeds)
    passages = [Stage.COLLECTED, *(one.stage for one in lead.stages)]
    assert passages[-1] is lead.stage
    assert all(one is not other for one, other in pairwise(passages))
    times = [START, *(one.enter_time for one in lead.stages)]
    assert times == sorted(times)
    assert lead.stage_time == times[-1]


@given(histories)
def test_a_reopened_lead_stands_where_it_stood(deeds):
    lead, _ = lived(deeds)
    before = lead.stage
    if before in ENDS:
        return
    status = lead.status
    lead.discard("NO_NEED")
    lead.come_to_stage(START)
    assert lead.stage is Stage.CLOSED
    lead.reopen(status)
    lead.come_to_stage(START)
    assert lead.stage is before


@given(histories)
def test_a_lead_of_the_pool_is_neither_distributed_nor_nurtured(deeds):
    lead, _ = lived(deeds)
    if lead.owner_id == NOBODY and lead.stage not in ENDS:
        assert lead.stage in (Stage.COLLECTED, Stage.VERIFIED)


def test_a_lead_that_came_here_converted_went_through_the_stages_on_the_day_of_its_conversion():
    lead = new()
    relive(lead, Past(Status.CONVERTED, START + timedelta(days=3)))
    assert [one.stage for one in lead.stages] == [Stage.VERIFIED, Stage.CONVERTED]
    assert lead.stage_time == START + timedelta(days=3)


def test_the_passages_that_are_kept_are_bounded():
    lead = new()
    for day in range(MOST_PASSAGES):
        lead.assign(ME, None)
        lead.come_to_stage(START + timedelta(days=day))
        lead.let_go()
        lead.come_to_stage(START + timedelta(days=day))
    assert len(lead.stages) == MOST_PASSAGES
    assert lead.stages[-1].stage is lead.stage is Stage.COLLECTED


@pytest.mark.parametrize("status", list(Status))
def test_every_lead_of_before_has_a_stage(status):
    assert stage_of(status, distributed=False, nurtured=False) in Stage
