"""ContractsService over gRPC: decode, do one operation, encode."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from dealtrail.contracts.v1 import contracts_pb2 as pb
from dealtrail.opportunities.v1 import deals_pb2

from services.contracts import days
from services.contracts import money as amounts
from services.contracts.contracts import operations
from services.contracts.contracts.domain import Agreement, Changes, ContractIdTaken, Deal, Terms, agree, number_for
from services.contracts.contracts.store import codec, contracts, listing
from services.contracts.instalments.domain import Part, Trigger
from services.contracts.instalments.store import codec as instalment_codec
from services.contracts.lines.domain import LineTerms, price
from services.contracts.parties import Found, Parties
from services.contracts.products import operations as products
from services.contracts.products.domain import Product
from services.kit.batch import Batch
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.errors import IdempotencyKeyMissing, Violated
from services.kit.ids import new_id
from services.kit.money import Money
from services.kit.replies import PageReply, RowReply


class ContractsServicer:
    """See proto/dealtrail/contracts/v1/contracts.proto."""

    def __init__(self, directory: Directory, parties: Parties) -> None:
        self._directory = directory
        self._parties = parties

    async def CreateContract(self, request: pb.CreateContractRequest, tx: Tx) -> pb.Contract:
        if request.sign_date and not tx.key:
            raise IdempotencyKeyMissing
        context = await self._context(tx, [request])
        return codec.to_message(await operations.create(tx, await self._agreement(tx, request, context)))

    async def BatchCreateContracts(
        self, request: pb.BatchCreateContractsRequest, tx: Tx
    ) -> pb.BatchCreateContractsResponse:
        context = await self._context(tx, request.contracts)
        batch = await Batch.read(request.contracts, lambda item: self._item(tx, item, context))
        if not request.validate_only:
            outcomes = await operations.create_new(tx, batch.accepted)
            await outcomes.settle(tx, batch, contracts, ContractIdTaken())
        return pb.BatchCreateContractsResponse(results=batch.results)

    async def GetContract(self, request: pb.GetContractRequest, tx: Tx) -> RowReply[pb.Contract]:
        return codec.reply(await contracts.row(tx, UUID(request.id)))

    async def ListContracts(self, request: pb.ListContractsRequest, tx: Tx) -> PageReply[pb.ListContractsResponse]:
        return await listing.reply(tx, request, pb.ListContractsResponse, codec)

    async def UpdateContract(self, request: pb.UpdateContractRequest, tx: Tx) -> pb.Contract:
        catalogue = await products.by_name(tx, (line.product_code for line in request.lines))
        changes = Changes(
            number=request.number if request.HasField("number") else None,
            title=request.title.strip() if request.HasField("title") else None,
            amount=_money(request, "amount"),
            lines=tuple(price(_lines(request.lines), catalogue, discontinued=False)),
            parts=_parts(request.instalments),
            attributes=dict(request.attributes),
        )
        return codec.to_message(await operations.update(tx, UUID(request.id), changes))

    async def SignContract(self, request: pb.SignContractRequest, tx: Tx) -> pb.Contract:
        day = days.parse_optional(request.sign_date, "sign_date")
        return codec.to_message(await operations.sign(tx, UUID(request.id), day))

    async def CancelContract(self, request: pb.CancelContractRequest, tx: Tx) -> pb.Contract:
        return codec.to_message(await operations.cancel(tx, UUID(request.id)))

    async def AssignContract(self, request: pb.AssignContractRequest, tx: Tx) -> pb.Contract:
        return codec.to_message(await operations.assign(tx, self._directory, UUID(request.id), request.owner_id))

    async def ListInstalments(self, request: pb.ListInstalmentsRequest, tx: Tx) -> pb.ListInstalmentsResponse:
        found = await operations.plan_of(tx, UUID(request.id))
        return pb.ListInstalmentsResponse(instalments=[instalment_codec.to_message(one) for one in found])

    async def _context(self, tx: Tx, requests: Sequence[pb.CreateContractRequest]) -> "Context":
        """What the requests refer to, asked for all of them at once."""
        accounts = (one.account_id for one in requests if not one.deal_id)
        found = await self._parties.look_up(tx, accounts, (one.deal_id for one in requests))
        return Context(found, await products.by_name(tx, (line.product_code for one in requests for line in one.lines)))

    async def _item(self, tx: Tx, request: pb.CreateContractRequest, context: "Context") -> Agreement:
        if not request.id:
            raise Violated(("id", "required in a batch, so that it can be repeated", "批量创建时必填"))
        return await self._agreement(tx, request, context, discontinued=True)

    async def _agreement(
        self, tx: Tx, request: pb.CreateContractRequest, context: "Context", *, discontinued: bool = False
    ) -> Agreement:
        """The contract that the request asks for. `discontinued` lets it name products that are no longer sold."""
        deal = context.found.deal(request.deal_id)
        if deal is None and request.account_id:
            context.found.account(request.account_id)
        owner_id, team_id = await self._owner(tx, request, deal)
        identity = UUID(request.id) if request.id else new_id()
        today = days.day_of(tx.now)
        terms = Terms(
            id=identity,
            number=request.number or number_for(identity, today),
            deal=_deal(deal),
            account_id=UUID(request.account_id) if request.account_id else None,
            title=request.title.strip(),
            amount=_money(request, "amount"),
            lines=price(_lines(request.lines), context.catalogue, discontinued=discontinued),
            parts=_parts(request.instalments),
            owner_id=owner_id,
            team_id=team_id,
            attributes=dict(request.attributes),
            create_time=from_timestamp(request.create_time) if request.HasField("create_time") else tx.now,
        )
        agreement = agree(terms, tx.now)
        if day := days.parse_optional(request.sign_date, "sign_date"):
            agreement.sign(day, today)
        return agreement

    async def _owner(
        self, tx: Tx, request: pb.CreateContractRequest, deal: deals_pb2.Deal | None
    ) -> tuple[UUID, UUID | None]:
        if deal is not None and request.owner_id in ("", deal.owner_id):
            return UUID(deal.owner_id), UUID(deal.team_id) if deal.team_id else None
        member = await self._directory.owner(tx, request.owner_id)
        return member.user_id, member.team_id


@dataclass(frozen=True, slots=True)
class Context:
    """What requests refer to."""

    found: Found
    catalogue: dict[str, Product]


def _deal(message: deals_pb2.Deal | None) -> Deal | None:
    if message is None:
        return None
    return Deal(
        id=UUID(message.id),
        name=message.name,
        won=message.state == deals_pb2.Deal.WON,
        account_id=UUID(message.account_id) if message.account_id else None,
        merged_from=UUID(message.merged_from) if message.merged_from else None,
        amount=_money(message, "amount"),
    )


def _money(message: Any, field: str) -> Money | None:
    return amounts.from_message(getattr(message, field)) if message.HasField(field) else None


def _lines(lines: Iterable[pb.ContractLine]) -> list[LineTerms]:
    return [
        LineTerms(
            product_code=line.product_code.strip(),
            description=line.description.strip(),
            quantity=Decimal(line.quantity or 1),
            unit_price=_money(line, "unit_price"),
            amount=_money(line, "amount"),
        )
        for line in lines
    ]


def _parts(instalments: Iterable[pb.PlannedInstalment]) -> tuple[Part, ...]:
    return tuple(
        Part(
            amount=amounts.from_message(part.amount),
            label=part.label.strip(),
            trigger=Trigger(pb.Instalment.Trigger.Name(part.trigger)) if part.trigger else None,
            due_date=days.parse_optional(part.due_date, f"instalments[{number}].dueDate"),
        )
        for number, part in enumerate(instalments)
    )
