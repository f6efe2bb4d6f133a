"""PhoneCallsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import phone_calls_pb2 as pb

from services.kit.client import Peer
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.replies import PageReply
from services.leads.phone_calls import operations
from services.leads.phone_calls.domain import PhoneCallCount, Result
from services.leads.phone_calls.store import codec, count_codec, figures, listing


class PhoneCallsServicer:
    """See proto/dealtrail/leads/v1/phone_calls.proto."""

    def __init__(self, touchpoints: Peer) -> None:
        self._touchpoints = touchpoints

    async def ListPhoneCalls(self, request: pb.ListPhoneCallsRequest, tx: Tx) -> PageReply[pb.ListPhoneCallsResponse]:
        return await listing.reply(tx, request, pb.ListPhoneCallsResponse, codec)

    async def RecordPhoneCall(self, request: pb.RecordPhoneCallRequest, tx: Tx) -> pb.PhoneCall:
        result = Result[pb.PhoneCall.Result.Name(request.result)]
        said = request.duration_s, request.note.strip()
        return codec.to_message(await operations.record(tx, self._touchpoints, UUID(request.id), result, *said))

    async def JudgePhoneCall(self, request: pb.JudgePhoneCallRequest, tx: Tx) -> pb.PhoneCall:
        answers = dict(request.answers)
        return codec.to_message(await operations.judge(tx, UUID(request.id), answers, request.rubric_version))

    async def GetPhoneCallFigures(self, request: pb.GetPhoneCallFiguresRequest, tx: Tx) -> pb.PhoneCallFigures:
        within = {}
        if request.HasField("from_time"):
            within["from_time"] = from_timestamp(request.from_time)
        if request.HasField("to_time"):
            within["to_time"] = from_timestamp(request.to_time)
        total, reps = await figures(tx, **within)
        return pb.PhoneCallFigures(total=_count(total), reps=map(_count, reps))


def _count(count: PhoneCallCount) -> pb.PhoneCallCount:
    told = count_codec.to_message(count)
    if count.connect_rate is not None:
        told.connect_rate = count.connect_rate
    return told
