"""AccountChainsService over gRPC."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import account_chains_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply
from services.leads.account_chains import operations
from services.leads.account_chains.store import approval_codec, chain_codec, change_codec, listing, pain_codec
from services.leads.accounts.store import accounts


class AccountChainsServicer:
    """See proto/dealtrail/leads/v1/account_chains.proto."""

    async def GetAccountChain(self, request: pb.GetAccountChainRequest, tx: Tx) -> pb.AccountChain:
        return chain_codec.to_message(await operations.show(tx, UUID(request.account_id)))

    async def ListChainChanges(
        self, request: pb.ListChainChangesRequest, tx: Tx
    ) -> PageReply[pb.ListChainChangesResponse]:
        account = await accounts.row(tx, UUID(request.account_id))
        return await listing.reply(tx, request, pb.ListChainChangesResponse, change_codec, account_id=account["id"])

    async def RecordPain(self, request: pb.RecordPainRequest, tx: Tx) -> pb.Pain:
        affected = [UUID(one) for one in request.affected_contact_ids]
        said = (request.pain.strip(), request.reason.strip())
        return pain_codec.to_message(await operations.record_pain(tx, UUID(request.contact_id), *said, affected))

    async def UpdatePain(self, request: pb.UpdatePainRequest, tx: Tx) -> pb.Pain:
        given: dict[str, Any] = {
            name: getattr(request, name).strip() for name in ("pain", "reason") if request.HasField(name)
        }
        if request.affected_contact_ids:
            given["affected_contact_ids"] = [UUID(one) for one in request.affected_contact_ids]
        return pain_codec.to_message(await operations.change_pain(tx, UUID(request.id), given))

    async def DeletePain(self, request: pb.DeletePainRequest, tx: Tx) -> pb.Pain:
        return pain_codec.to_message(await operations.delete_pain(tx, UUID(request.id)))

    async def RestorePain(self, request: pb.RestorePainRequest, tx: Tx) -> pb.Pain:
        return pain_codec.to_message(await operations.restore_pain(tx, UUID(request.id)))

    async def RecordApproval(self, request: pb.RecordApprovalRequest, tx: Tx) -> pb.Approval:
        approver_id = UUID(request.approver_id) if request.approver_id else None
        return approval_codec.to_message(await operations.record_approval(tx, UUID(request.contact_id), approver_id))

    async def DeleteApproval(self, request: pb.DeleteApprovalRequest, tx: Tx) -> pb.Approval:
        return approval_codec.to_message(await operations.delete_approval(tx, UUID(request.id)))

    async def RestoreApproval(self, request: pb.RestoreApprovalRequest, tx: Tx) -> pb.Approval:
        return approval_codec.to_message(await operations.restore_approval(tx, UUID(request.id)))
