"""What an event says of itself survives the road, and a service says which events it hears."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from uuid import UUID

import pytest
from dealtrail.leads.v1 import events_pb2 as leads
from dealtrail.opportunities.v1 import events_pb2 as deals
from hypothesis import given
from hypothesis import strategies as st

from services.kit.events import Envelope, Subscriptions
from services.kit.outbox import Message
from services.kit.testing import person

INSTANTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]))


@given(
    st.builds(
        SimpleNamespace,
        id=st.uuids(),
        version=st.integers(1, 2**62),
        owner_id=st.uuids(),
        team_id=st.none() | st.uuids(),
        collaborators=st.lists(st.uuids(), max_size=3),
    ),
    INSTANTS,
    INSTANTS,
)
def test_what_an_event_says_of_itself_is_what_its_reader_learns(aggregate, occurred_at, recorded_at):
    who = person()
    tx = SimpleNamespace(principal=who, now=recorded_at)
    message = Message(tx, leads.LeadQualified(), aggregate, occurred_at, aggregate)
    read = Envelope.from_headers(message.headers)
    assert read == Envelope(
        id=message.event_id,
        tenant_id=who.tenant_id,
        type="dealtrail.leads.v1.LeadQualified",
        actor_id=who.user_id,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        aggregate_id=aggregate.id,
        version=aggregate.version,
        owner_id=aggregate.owner_id,
        team_id=aggregate.team_id,
        collaborators=tuple(aggregate.collaborators),
    )
    assert message.subject == f"dealtrail.leads.v1.LeadQualified.{who.tenant_id}.{aggregate.id}.{who.tenant_id.int % 8}"


def test_an_event_about_something_without_an_owner_names_none():
    tx = SimpleNamespace(principal=person(), now=datetime(2026, 1, 1, tzinfo=UTC))
    thing = SimpleNamespace(id=UUID(int=1))
    read = Envelope.from_headers(Message(tx, leads.LeadQualified(), thing, tx.now, thing).headers)
    assert (read.owner_id, read.team_id, read.collaborators, read.version) == (None, None, (), 1)


@pytest.mark.parametrize("missing", ["ce-id", "ce-tenant", "ce-type", "ce-time", "ce-subject", "ce-version"])
def test_headers_that_are_not_those_of_an_event_are_not_read(missing):
    tx = SimpleNamespace(principal=person(), now=datetime(2026, 1, 1, tzinfo=UTC))
    thing = SimpleNamespace(id=UUID(int=1))
    headers = Message(tx, leads.LeadQualified(), thing, tx.now, thing).headers
    del headers[missing]
    with pytest.raises(KeyError):
        Envelope.from_headers(headers)


@pytest.mark.parametrize(
    "wrong",
    [{"ce-version": "9" * 30}, {"ce-version": "-1"}, {"ce-time": "2026-01-01T00:00:00"}, {"ce-recordedtime": "soon"}],
)
def test_headers_that_no_database_could_keep_are_not_read(wrong):
    tx = SimpleNamespace(principal=person(), now=datetime(2026, 1, 1, tzinfo=UTC))
    thing = SimpleNamespace(id=UUID(int=1))
    with pytest.raises(ValueError):  # noqa: PT011 - whichever says so
        Envelope.from_headers(Message(tx, leads.LeadQualified(), thing, tx.now, thing).headers | wrong)


async def nothing(*_):
    pass


def test_a_service_hears_each_event_from_the_stream_of_its_owner():
    heard = Subscriptions("somebody")
    heard.on(leads.LeadQualified, deals.DealWon)(nothing)
    heard.on_many(leads.LeadConverted)(nothing)
    assert heard.streams() == {
        "leads": ["dealtrail.leads.v1.LeadConverted", "dealtrail.leads.v1.LeadQualified"],
        "opportunities": ["dealtrail.opportunities.v1.DealWon"],
    }


def test_an_event_has_one_handler_in_a_feature_and_those_of_several_features_are_joined():
    heard, feature = Subscriptions("somebody"), Subscriptions("somebody")
    heard.on(leads.LeadQualified)(nothing)
    feature.on_many(leads.LeadQualified)(nothing)
    with pytest.raises(AssertionError):
        heard.on(leads.LeadQualified)(nothing)
    heard.include(feature)
    _, _, many = heard.handlers["dealtrail.leads.v1.LeadQualified"]
    assert many
