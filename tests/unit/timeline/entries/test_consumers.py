"""The table from events to entries: nothing is missing, nothing personal passes."""

import importlib
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as leads
from dealtrail.leads.v1 import leads_pb2
from dealtrail.opportunities.v1 import deals_pb2, history_pb2
from dealtrail.opportunities.v1 import events_pb2 as deals
from dealtrail.type.v1.money_pb2 import Money

from services.kit.events import Envelope
from services.timeline.__main__ import subscriptions
from services.timeline.entries.consumers import TABLE, UNTOLD, moment
from services.timeline.entries.domain import SUMMARIES, About

NOT_ABOUT_CUSTOMERS = {"identity", "analytics"}


def published():
    """The events of the contract: the messages of events.proto that no other message there is made of."""
    proto = Path(__file__).resolve().parents[4] / "proto"
    for file in proto.glob("dealtrail/*/v1/events.proto"):
        if file.parts[-3] not in NOT_ABOUT_CUSTOMERS:
            module = importlib.import_module(f"dealtrail.{file.parts[-3]}.v1.events_pb2")
            messages = module.DESCRIPTOR.message_types_by_name.values()
            parts = {field.message_type for message in messages for field in message.fields}
            yield from (message.full_name for message in messages if message not in parts)


def envelope(event, aggregate):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    name = event.DESCRIPTOR.full_name
    return Envelope(UUID(int=1), UUID(int=2), name, UUID(int=3), now, now, aggregate, 4, UUID(int=5), None, ())


def test_every_event_of_every_service_comes_into_the_timeline():
    left_out = {event.DESCRIPTOR.full_name for event in UNTOLD}
    assert set(published()) - left_out == {name for name in subscriptions.handlers if ".identity." not in name}


def test_every_change_of_state_has_a_sentence_in_both_languages():
    kinds = set()
    for event, _, _ in TABLE:
        name = event.DESCRIPTOR.full_name
        kinds.add("".join("_" + letter if letter.isupper() else letter.upper() for letter in name.split(".")[-1])[1:])
    assert kinds == set(SUMMARIES)


def test_facts_are_codes_and_numbers_and_unset_ones_are_left_out():
    deal = deals_pb2.Deal(
        id=str(UUID(int=7)),
        name="张三的项目",
        account_id=str(UUID(int=8)),
        amount=Money(amount="1200.00", currency="CNY"),
        triage=history_pb2.Triage(value="VALUABLE", why="张三很着急"),
    )
    event = deals.DealTriaged(deal=deal)
    told = moment(event, envelope(event, UUID(int=7)))
    assert told.entry.kind == "DEAL_TRIAGED"
    assert told.entry.facts == {"value": "VALUABLE"}
    assert (told.subject.about, told.subject.account_id, told.subject.version) == (About.DEAL, UUID(int=8), 4)


def test_no_fact_reads_a_field_of_free_text_or_of_personal_data():
    free = {"name", "company", "contact_name", "why", "note", "title", "phone", "email", "subject", "place"}
    for event, _, facts in TABLE:
        for path in facts.values():
            descriptor, *_ = (event.DESCRIPTOR,)
            for name in path.split("."):
                field = descriptor.fields_by_name[name]
                descriptor = field.message_type
            assert not field.GetOptions().debug_redact, path
            assert path.split(".")[-1] not in free, path


def test_a_lead_that_was_discarded_says_why():
    lead = leads_pb2.Lead(id=str(UUID(int=7)), discard_reason="NO_BUDGET", status="DISCARDED")
    event = leads.LeadDiscarded(lead=lead, from_status="QUALIFIED")
    told = moment(event, envelope(event, UUID(int=7)))
    assert told.entry.facts == {"fromStatus": "QUALIFIED", "reason": "NO_BUDGET"}
    assert (told.subject.account_id, told.subject.deal_id) == (None, None)
