"""The first touch brings a lead on in the process."""

from typing import Any
from uuid import UUID

from dealtrail.timeline.v1 import events_pb2 as timeline
from dealtrail.timeline.v1 import touchpoints_pb2

from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.leads.process import operations

subscriptions = Subscriptions("leads")


@subscriptions.on_many(timeline.TouchpointRecorded)
async def touched(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Somebody got in touch; what came from the customer is nothing that we did."""
    told = [event.touchpoint for event, _ in arrived]
    ours = {UUID(one.lead_id) for one in told if one.lead_id and one.direction != touchpoints_pb2.Touchpoint.IN}
    if ours:
        await operations.touched(tx, ours)
