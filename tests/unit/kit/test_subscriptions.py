"""Several features of a service may listen to one event."""

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.events import Subscriptions


def feature(heard, name, many):
    found = Subscriptions("leads")
    if many:

        @found.on_many(events.LeadCaptured, events.LeadAssigned)
        async def hear_all(_, arrived):
            heard.append((name, [event for event, _ in arrived]))
    else:

        @found.on(events.LeadCaptured, events.LeadAssigned)
        async def hear(_, event, __):
            heard.append((name, event))

    return found


async def test_an_event_that_two_features_listen_to_is_applied_by_each_in_turn():
    heard = []
    whole = Subscriptions("leads")
    whole.include(feature(heard, "clocks", many=True))
    whole.include(feature(heard, "pool", many=False))
    kind, handler, many = whole.handlers["dealtrail.leads.v1.LeadCaptured"]
    assert (kind, many) == (events.LeadCaptured, True)
    await handler(None, [("first", None), ("second", None)])
    assert heard == [("clocks", ["first", "second"]), ("pool", "first"), ("pool", "second")]


def test_events_that_the_same_features_listen_to_have_one_handler_so_that_they_are_applied_together():
    whole = Subscriptions("leads")
    for name, many in (("clocks", True), ("pool", False)):
        whole.include(feature([], name, many))
    captured, assigned = (whole.handlers[f"dealtrail.leads.v1.{one}"][1] for one in ("LeadCaptured", "LeadAssigned"))
    assert captured is assigned
