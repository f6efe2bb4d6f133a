"""RehearsalsService over gRPC: decode, do one operation, encode."""

from dealtrail.leads.v1 import rehearsals_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.replies import PageReply
from services.leads.rehearsals import operations
from services.leads.rehearsals.store import codec, listing


class RehearsalsServicer:
    """See proto/dealtrail/leads/v1/rehearsals.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def RecordRehearsal(self, request: pb.RecordRehearsalRequest, tx: Tx) -> pb.Rehearsal:
        partner = (await self._directory.owner(tx, request.partner_id)).user_id if request.partner_id else None
        given = request.script_code, request.script_version, partner, request.minutes, request.note.strip()
        return codec.to_message(await operations.record(tx, *given))

    async def ListRehearsals(self, request: pb.ListRehearsalsRequest, tx: Tx) -> PageReply[pb.ListRehearsalsResponse]:
        return await listing.reply(tx, request, pb.ListRehearsalsResponse, codec)
