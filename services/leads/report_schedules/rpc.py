"""ReportSchedulesService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import report_schedules_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.leads.report_schedules import operations
from services.leads.report_schedules.domain import ReportSchedule
from services.leads.report_schedules.store import codec, recurrence_codec


class ReportSchedulesServicer:
    """See proto/dealtrail/leads/v1/report_schedules.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def SetReportSchedule(self, request: pb.SetReportScheduleRequest, tx: Tx) -> pb.ReportSchedule:
        schedule = ReportSchedule(
            code=request.code,
            title=request.title.strip(),
            recurrence=recurrence_codec.from_message(request.recurrence),
            recipients=[UUID(one) for one in request.recipient_ids],
            author_id=tx.principal.user_id,
            active=request.active,
            last_time=tx.now,
        )
        return _schedule(await operations.set_schedule(tx, self._directory, schedule))

    async def ListReportSchedules(self, _: pb.ListReportSchedulesRequest, tx: Tx) -> pb.ListReportSchedulesResponse:
        found = await operations.schedules(tx)
        return pb.ListReportSchedulesResponse(schedules=map(_schedule, found))


def _schedule(schedule: ReportSchedule) -> pb.ReportSchedule:
    told = codec.to_message(schedule)
    told.recipient_ids.extend(map(str, schedule.recipients))
    return told
