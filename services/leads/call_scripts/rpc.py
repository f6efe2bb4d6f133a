"""CallScriptsService over gRPC: decode, do one operation, encode."""

from decimal import Decimal

from dealtrail.leads.v1 import call_scripts_pb2 as pb

from services.kit.codec import optional_id
from services.kit.database import Tx
from services.kit.money import Money
from services.leads.call_scripts import operations
from services.leads.call_scripts.domain import AmountWithoutCurrency, CallScript
from services.leads.call_scripts.store import codec, finding_codec, section_codec
from services.leads.values import money

LAST = 100
"""The priority of a script that names none."""


class CallScriptsServicer:
    """See proto/dealtrail/leads/v1/call_scripts.proto."""

    async def PublishCallScript(self, request: pb.PublishCallScriptRequest, tx: Tx) -> pb.CallScript:
        script = CallScript(
            code=request.code,
            label=request.label.strip() or request.code,
            sections=tuple(map(section_codec.from_message, request.sections)),
            priority=request.priority or LAST,
            from_amount=money(request.from_amount) if request.HasField("from_amount") else None,
            below_amount=money(request.below_amount) if request.HasField("below_amount") else None,
            quintiles=sorted(request.quintiles),
            must_rehearse=request.must_rehearse,
            active=not request.inactive,
        )
        return codec.to_message(await operations.publish(tx, script))

    async def GetCallScript(self, request: pb.GetCallScriptRequest, tx: Tx) -> pb.CallScript:
        return codec.to_message(await operations.get(tx, request.code, request.version))

    async def ListCallScripts(self, _: pb.ListCallScriptsRequest, tx: Tx) -> pb.ListCallScriptsResponse:
        return pb.ListCallScriptsResponse(scripts=map(codec.to_message, await operations.newest(tx)))

    async def ChooseCallScript(self, request: pb.ChooseCallScriptRequest, tx: Tx) -> pb.ScriptChoice:
        if bool(request.amount) != bool(request.currency):
            raise AmountWithoutCurrency
        amount = Money(Decimal(request.amount), request.currency) if request.amount else None
        quintile = request.quintile
        if request.account_id or request.lead_id:
            quintile = await operations.class_of(tx, optional_id(request.account_id), optional_id(request.lead_id))
        script, findings = await operations.chosen(tx, amount, quintile)
        told = map(finding_codec.to_message, findings)
        return pb.ScriptChoice(script=codec.to_message(script), quintile=quintile, findings=told)
