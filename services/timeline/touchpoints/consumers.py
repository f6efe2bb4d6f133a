"""The timeline hears itself, so that it can be rebuilt from events alone."""

from dataclasses import replace
from typing import Any

from dealtrail.timeline.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.timeline.entries import operations as entries
from services.timeline.entries.domain import Moment, Sight, Visibility
from services.timeline.touchpoints.operations import entry_of, subject_of
from services.timeline.touchpoints.store import codec

subscriptions = Subscriptions("timeline")


@subscriptions.on_many(events.TouchpointRecorded, events.TouchpointCorrected)
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Put touchpoints into the timeline again; those that stand there already are left alone."""
    await entries.apply(tx, [_moment(event, envelope) for event, envelope in arrived])


def _moment(event: Any, envelope: Envelope) -> Moment:
    touchpoint = codec.from_message(event.touchpoint)
    subject = subject_of(touchpoint)
    if touchpoint.visibility is Visibility.NORMAL and envelope.owner_id:
        # Hearsay: what the subject's own events say of its sight stands above it.
        sight = Sight(envelope.owner_id, envelope.team_id, envelope.collaborators, envelope.exclusive)
        subject = replace(subject, sight=sight, version=0, told_time=envelope.recorded_at)
    return Moment(entry_of(touchpoint), subject)
