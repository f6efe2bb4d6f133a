"""Events for those outside: what they hold, and that telling one again makes the same event."""

from datetime import UTC, datetime
from uuid import uuid4

import orjson
from dealtrail.opportunities.v1 import deals_pb2, events_pb2, feed_pb2
from dealtrail.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.events import Envelope
from services.kit.public import narrowed, public_event

AT = datetime(2026, 11, 22, 4, 11, 30, tzinfo=UTC)


def envelope():
    return Envelope(
        uuid4(), uuid4(), "dealtrail.opportunities.v1.DealWon", uuid4(), AT, AT, uuid4(), 3, uuid4(), None, ()
    )


def won():
    deal = deals_pb2.Deal(
        id=str(uuid4()),
        name="张三的订单",
        owner_id=str(uuid4()),
        product="private",
        attributes={"phone": "13800138000"},
        state=deals_pb2.Deal.WON,
        amount=money_pb2.Money(amount="12000.00", currency="CNY"),
        open_time=Timestamp(seconds=1),
        version=3,
    )
    return events_pb2.DealWon(
        deal=deal, from_stage=events_pb2.StageStay(stage="CONTACT", label="typed", probability=40)
    )


def test_only_what_the_public_shape_has_a_field_for_goes_out():
    source = won()
    found = narrowed(source, feed_pb2.FeedEvent.Won())
    assert (found.deal.id, found.deal.version, found.deal.amount.amount) == (source.deal.id, 3, "12000.00")
    assert (found.from_stage.stage, found.from_stage.probability) == ("CONTACT", 40)
    text = str(found)
    assert [word for word in ("张三", "private", "13800138000", "typed", source.deal.owner_id) if word in text] == []


def test_what_is_not_known_is_not_there():
    found = narrowed(won(), feed_pb2.FeedEvent.Won())
    assert not found.deal.HasField("close_time")
    assert not found.deal.HasField("triage")
    assert not found.HasField("from_amount")


def test_an_event_told_again_is_the_same_event():
    about, data = envelope(), narrowed(won(), feed_pb2.FeedEvent.Won())
    once, again = (public_event("deals.v1", "won", data, about) for _ in range(2))
    assert once == again
    assert once.event_id != about.id
    assert once.event_id != public_event("deals.v1", "lost", data, about).event_id


def test_it_is_a_cloud_event_whose_headers_say_the_same():
    about = envelope()
    found = public_event("deals.v1", "won", narrowed(won(), feed_pb2.FeedEvent.Won()), about)
    body = orjson.loads(found.payload)
    assert {"specversion", "id", "source", "type"} <= body.keys()
    assert all(name.isalnum() and name == name.lower() for name in body)
    assert found.subject == f"deals.v1.{about.tenant_id}.won"
    assert found.headers["ce-id"] == found.headers["Nats-Msg-Id"] == body["id"] == str(found.event_id)
    assert found.headers["ce-type"] == body["type"] == "deals.v1.won"
    assert str(about.actor_id) not in found.payload.decode() + str(found.headers)
    assert str(about.owner_id) not in found.payload.decode() + str(found.headers)
