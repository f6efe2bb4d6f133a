"""What leads tell of accounts that were merged: deals stand under the account that there is."""

from typing import Any

from dealtrail.leads.v1 import events_pb2 as leads

from services.kit import aliases
from services.kit.codec import optional_id
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.opportunities.deals.store import table as deals_table

subscriptions = Subscriptions("opportunities")
FOLLOW = (aliases.follow(deals_table, "account_id"),)


@subscriptions.on(leads.AccountMerged, leads.AccountMergeUndone)
async def follow(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Let what was recorded under the account stand where that stands now."""
    into = optional_id(event.account.merged_into)
    if await aliases.note(tx, envelope.aggregate_id, into, envelope.version):
        for statement in FOLLOW:
            await tx.execute(statement, id=envelope.aggregate_id)
