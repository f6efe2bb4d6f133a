"""The part of DealsService that makes deals, over gRPC."""

from uuid import UUID

from dealtrail.opportunities.v1 import deals_pb2 as pb

from services.kit.batch import Batch, refusal
from services.kit.codec import from_timestamp, optional_id
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.errors import Violated
from services.kit.ids import new_id
from services.opportunities.accounts.domain import UnknownAccount, UnknownContact
from services.opportunities.accounts.operations import Accounts
from services.opportunities.deals.domain import Deal, DealIdTaken, LeadHasDeal
from services.opportunities.deals.rpc import RunningDealsServicer, day, instant, money
from services.opportunities.deals.store import codec, deals
from services.opportunities.openings import operations
from services.opportunities.openings.operations import Past, Rules


class DealsServicer(RunningDealsServicer):
    """See proto/dealtrail/opportunities/v1/deals.proto. What happens to deals later is inherited."""

    def __init__(self, directory: Directory, accounts: Accounts) -> None:
        super().__init__(directory)
        self._accounts = accounts

    async def CreateDeal(self, request: pb.CreateDealRequest, tx: Tx) -> pb.Deal:
        await self._accounts.must_be_in_sight(tx, request.account_id, request.contact_id, request.lead_id)
        return codec.to_message(await operations.create(tx, await self._past(tx, Rules(tx), request)))

    async def BatchCreateDeals(self, request: pb.BatchCreateDealsRequest, tx: Tx) -> pb.BatchCreateDealsResponse:
        rules = Rules(tx)
        unknown = await self._accounts.out_of_sight(tx, (item.deal.account_id for item in request.deals))
        nobody = await self._accounts.unknown_contacts(tx, (item.deal.contact_id for item in request.deals))

        async def build(item: pb.ImportedDeal) -> Past:
            if item.deal.account_id in unknown:
                raise UnknownAccount
            if item.deal.contact_id in nobody:
                raise UnknownContact
            await self._accounts.must_be_in_sight(tx, "", "", item.deal.lead_id)
            return await self._imported(tx, rules, item)

        batch = await Batch.read(request.deals, build)
        if not request.validate_only:
            created = await operations.create_new(tx, batch.accepted)
            others = (past for past in batch.accepted if past.id not in created)
            served = await operations.with_taken_lead(tx, others)
            await batch.settle(tx, deals, created | served, DealIdTaken())
            for result in batch.results:
                if result.id and UUID(result.id) in served:
                    result.CopyFrom(refusal(LeadHasDeal()))
        return pb.BatchCreateDealsResponse(results=batch.results)

    async def _imported(self, tx: Tx, rules: Rules, item: pb.ImportedDeal) -> Past:
        _check_end(item)
        await rules.must_know_reason(item.lost_reason)
        steps = list(item.history)
        opened = pb.CreateDealRequest()
        opened.CopyFrom(item.deal)
        if steps and not opened.stage and not opened.HasField("open_time"):
            first = steps.pop(0)
            opened.stage = first.stage
            opened.open_time.CopyFrom(first.time)
        past = await self._past(tx, rules, opened)
        for step in steps:
            past.move(step.stage, from_timestamp(step.time), step.why)
        if item.outcome == pb.Deal.WON:
            past.win(money(item, "close_amount"), from_timestamp(item.close_time))
        elif item.outcome == pb.Deal.LOST:
            past.lose(item.lost_reason, from_timestamp(item.close_time))
        return past

    async def _past(self, tx: Tx, rules: Rules, request: pb.CreateDealRequest) -> Past:
        owner = await self._directory.owner(tx, request.owner_id)
        process = await rules.process(request.process)
        at = instant(tx, request, "open_time")
        deal = Deal(
            id=UUID(request.id) if request.id else new_id(),
            name=request.name.strip(),
            account_id=optional_id(request.account_id),
            contact_id=optional_id(request.contact_id),
            lead_id=optional_id(request.lead_id),
            owner_id=owner.user_id,
            team_id=owner.team_id,
            process=process.code,
            process_version=process.version,
            stage=process.stage(request.stage).code,
            stage_since=at,
            amount=money(request, "amount"),
            product=request.product.strip(),
            quantity=request.quantity,
            expected_sign_date=day(request.expected_sign_date),
            open_time=at,
            attributes=dict(request.attributes),
            create_time=tx.now,
            update_time=tx.now,
        )
        return Past(tx, deal, process)


def _check_end(item: pb.ImportedDeal) -> None:
    """Refused: INVALID if what is said of the end does not fit the outcome."""
    closed = item.outcome in (pb.Deal.WON, pb.Deal.LOST)
    if closed and not item.HasField("close_time"):
        raise Violated(("close_time", "is required with WON and LOST", "赢单或丢单时必填"))
    if not closed and item.HasField("close_time"):
        raise Violated(("close_time", "a deal that is open has none", "未关闭的销售机会没有关闭时间"))
    if item.HasField("close_amount") and item.outcome != pb.Deal.WON:
        raise Violated(("close_amount", "only a deal that was won has one", "只有赢单才有成交金额"))
    if item.lost_reason and item.outcome != pb.Deal.LOST:
        raise Violated(("lost_reason", "only a deal that was lost has one", "只有丢单才有丢单原因"))
