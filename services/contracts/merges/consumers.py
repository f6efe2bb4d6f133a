"""What leads tell of accounts that were merged: contracts and receipts stand under the account that there is."""

from typing import Any

from dealtrail.leads.v1 import events_pb2 as leads

from services.contracts.contracts.store import table as contracts_table
from services.contracts.receipts.store import table as receipts_table
from services.kit import aliases
from services.kit.codec import optional_id
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("contracts")
FOLLOW = tuple(aliases.follow(table, "account_id") for table in (contracts_table, receipts_table))


@subscriptions.on(leads.AccountMerged, leads.AccountMergeUndone)
async def follow(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Let what was recorded under the account stand where that stands now."""
    into = optional_id(event.account.merged_into)
    if await aliases.note(tx, envelope.aggregate_id, into, envelope.version):
        for statement in FOLLOW:
            await tx.execute(statement, id=envelope.aggregate_id)
