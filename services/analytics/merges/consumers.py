"""What leads tell of accounts that were merged. Facts keep the account of their own; rows are shown under the other."""

from typing import Any

from dealtrail.leads.v1 import events_pb2 as leads

from services.kit import aliases
from services.kit.codec import optional_id
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")


@subscriptions.on(leads.AccountMerged, leads.AccountMergeUndone)
async def know(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Know where the account stands now."""
    await aliases.note(tx, envelope.aggregate_id, optional_id(event.account.merged_into), envelope.version)
