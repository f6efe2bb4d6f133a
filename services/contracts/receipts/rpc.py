"""ReceiptsService over gRPC: decode, do one operation, encode."""

from collections.abc import Iterable
from uuid import UUID

from dealtrail.contracts.v1 import receipts_pb2 as pb

from services.contracts import days, money
from services.contracts.allocations.domain import Wishes
from services.contracts.parties import Found, Parties
from services.contracts.receipts import operations
from services.contracts.receipts.domain import Incoming, Payer, Receipt, ReceiptIdTaken
from services.contracts.receipts.store import codec, listing, receipts
from services.kit.batch import Batch
from services.kit.database import Tx
from services.kit.errors import Violated
from services.kit.ids import new_id


class ReceiptsServicer:
    """See proto/dealtrail/contracts/v1/receipts.proto."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties

    async def RecordReceipt(self, request: pb.RecordReceiptRequest, tx: Tx) -> pb.Receipt:
        found = await self._payers(tx, [request])
        return await _whole(tx, await operations.record(tx, _incoming(request, found)))

    async def BatchRecordReceipts(
        self, request: pb.BatchRecordReceiptsRequest, tx: Tx
    ) -> pb.BatchRecordReceiptsResponse:
        found = await self._payers(tx, request.receipts)
        batch = await Batch.read(request.receipts, lambda item: _item(item, found))
        if not request.validate_only:
            outcomes = await operations.record_new(tx, batch.accepted)
            await outcomes.settle(tx, batch, receipts, ReceiptIdTaken())
        return pb.BatchRecordReceiptsResponse(results=batch.results)

    async def GetReceipt(self, request: pb.GetReceiptRequest, tx: Tx) -> pb.Receipt:
        message = codec.row_to_message(await receipts.row(tx, UUID(request.id)))
        return (await operations.to_messages(tx, message))[0]

    async def ListReceipts(self, request: pb.ListReceiptsRequest, tx: Tx) -> pb.ListReceiptsResponse:
        rows, token = await listing.page(tx, request)
        found = await operations.to_messages(tx, *(codec.row_to_message(row) for row in rows))
        return pb.ListReceiptsResponse(receipts=found, next_page_token=token)

    async def ApplyReceipt(self, request: pb.ApplyReceiptRequest, tx: Tx) -> pb.Receipt:
        return await _whole(tx, await operations.apply(tx, UUID(request.id), _wishes(request.allocations)))

    async def VoidReceipt(self, request: pb.VoidReceiptRequest, tx: Tx) -> pb.Receipt:
        return await _whole(tx, await operations.void(tx, UUID(request.id), request.reason.strip()))

    async def _payers(self, tx: Tx, requests: Iterable[pb.RecordReceiptRequest]) -> Found:
        """The accounts that paid, asked for where no contract says who looks after the money."""
        return await self._parties.look_up(tx, (one.account_id for one in requests if not one.contract_id))


async def _whole(tx: Tx, receipt: Receipt) -> pb.Receipt:
    return (await operations.to_messages(tx, codec.to_message(receipt)))[0]


async def _item(request: pb.RecordReceiptRequest, found: Found) -> Incoming:
    if not request.id:
        raise Violated(("id", "required in a batch, so that it can be repeated", "批量登记时必填"))
    return _incoming(request, found)


def _incoming(request: pb.RecordReceiptRequest, found: Found) -> Incoming:
    payer = None
    if request.account_id and not request.contract_id:
        account = found.account(request.account_id)
        payer = Payer(
            account_id=UUID(account.id),
            owner_id=UUID(account.owner_id),
            team_id=UUID(account.team_id) if account.team_id else None,
            collaborators=[UUID(user) for user in account.collaborators],
        )
    return Incoming(
        id=UUID(request.id) if request.id else new_id(),
        contract_id=UUID(request.contract_id) if request.contract_id else None,
        account_id=UUID(request.account_id) if request.account_id else None,
        payer=payer,
        amount=money.from_message(request.amount),
        received_date=days.parse(request.received_date, "received_date"),
        bank_reference=request.bank_reference.strip(),
        note=request.note.strip(),
        wishes=_wishes(request.allocations),
        oldest_due=request.allocate != pb.RecordReceiptRequest.NONE,
    )


def _wishes(requests: Iterable[pb.AllocationRequest]) -> Wishes:
    return [(UUID(one.instalment_id), money.from_message(one.amount)) for one in requests]
