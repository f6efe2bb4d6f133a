"""PoolService over gRPC: decode, do one operation, encode."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import leads_pb2
from dealtrail.leads.v1 import pool_pb2 as pb

from services.kit.database import Tx
from services.kit.masking import mask
from services.kit.replies import PageReply
from services.leads.leads.domain import Lead, Status
from services.leads.leads.store import codec as lead_codec
from services.leads.leads.store import leads
from services.leads.pool import operations
from services.leads.pool.domain import PooledLead, ReturnReason
from services.leads.pool.store import ENTRIES, listing, move_codec, move_listing, pooled_codec, rules_codec


class PoolServicer:
    """See proto/dealtrail/leads/v1/pool.proto."""

    async def ListPool(self, request: pb.ListPoolRequest, tx: Tx) -> pb.ListPoolResponse:
        rows, token = await listing.page(tx, request)
        entries = await _entries(tx, [row["id"] for row in rows])
        found = [pooled_codec.to_message(_pooled(row, entries[row["id"]])) for row in rows]
        return pb.ListPoolResponse(leads=found, next_page_token=token)

    async def ViewPooledLead(self, request: pb.ViewPooledLeadRequest, tx: Tx) -> pb.PooledLead:
        return await _shown(tx, await operations.view(tx, UUID(request.lead_id)))

    async def ClaimLead(self, request: pb.ClaimLeadRequest, tx: Tx) -> leads_pb2.Lead:
        return lead_codec.to_message(await operations.claim(tx, UUID(request.lead_id)))

    async def ReturnLead(self, request: pb.ReturnLeadRequest, tx: Tx) -> pb.PooledLead:
        lead = await operations.give_back(tx, UUID(request.lead_id), request.why.strip())
        return await _shown(tx, lead)

    async def ListPoolMoves(self, request: pb.ListPoolMovesRequest, tx: Tx) -> PageReply[pb.ListPoolMovesResponse]:
        lead = await leads.row(tx, UUID(request.lead_id))
        return await move_listing.reply(tx, request, pb.ListPoolMovesResponse, move_codec, lead_id=lead["id"])

    async def GetPoolRules(self, _: pb.GetPoolRulesRequest, tx: Tx) -> pb.PoolRules:
        return rules_codec.to_message(await operations.rules(tx))

    async def SetPoolRules(self, request: pb.SetPoolRulesRequest, tx: Tx) -> pb.PoolRules:
        return rules_codec.to_message(await operations.set_rules(tx, rules_codec.from_message(request)))


async def _shown(tx: Tx, lead: Lead) -> pb.PooledLead:
    """A lead with its person, masked."""
    entries = await _entries(tx, [lead.id])
    message = pooled_codec.to_message(_pooled(vars(lead), entries[lead.id]))
    for name in ("contact_name", "phone", "email"):
        setattr(message, name, mask(getattr(lead, name)))
    return message


async def _entries(tx: Tx, lead_ids: Iterable[UUID]) -> dict[UUID, Any]:
    return {row["lead_id"]: row for row in await tx.fetch(ENTRIES, lead_ids=list(lead_ids))}


def _pooled(row: Mapping[str, Any], entry: Any) -> PooledLead:
    return PooledLead(
        lead_id=row["id"],
        status=Status(row["status"]),
        return_time=entry["return_time"],
        reason=ReturnReason(entry["reason"]),
        **{name: row[name] for name in ("company", "channel", "campaign", "score", "create_time")},
    )
