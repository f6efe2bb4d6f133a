"""The list of channels as it stands: what ships, overlaid by what the tenant set; and what they have cost."""

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.leads.channels.domain import PRESET, Channel, ChannelCost, UnknownChannel, must_run_forward
from services.leads.channels.store import ADD_COST, OWN, SET, codec, cost_codec


async def in_use(tx: Tx) -> list[Channel]:
    """The active channels, by name."""
    known = {channel.name: channel for channel in PRESET}
    known |= {row["name"]: codec.from_row(row) for row in await tx.fetch(OWN)}
    return sorted((channel for channel in known.values() if channel.active), key=lambda channel: channel.name)


async def must_be_in_use(tx: Tx, name: str) -> None:
    """Refused: UNKNOWN_CHANNEL."""
    if name not in {channel.name for channel in await in_use(tx)}:
        raise UnknownChannel(name=name)


async def set_channel(tx: Tx, channel: Channel) -> Channel:
    """Add it, or take it out of use."""
    await tx.execute(SET, **codec.to_row(channel))
    return channel


async def record_cost(tx: Tx, cost: ChannelCost) -> ChannelCost:
    """Keep what a channel has cost. Refused: UNKNOWN_CHANNEL, PERIOD_BACKWARDS."""
    must_run_forward(cost.start_date, cost.end_date)
    await must_be_in_use(tx, cost.channel)
    await tx.insert(ADD_COST, **cost_codec.to_row(cost))
    tx.emit(events.ChannelCostRecorded(channel_cost=cost_codec.to_message(cost)), cost)
    return cost
