"""WorkingCalendarService over gRPC."""

from datetime import date, timedelta

from dealtrail.leads.v1 import working_calendar_pb2 as pb

from services.kit.database import Tx
from services.leads.working_calendar import operations
from services.leads.working_calendar.domain import ANNOUNCED_UNTIL, CalendarDay, Span, WorkingCalendar, read_day
from services.leads.working_calendar.store import codec

DAYS = 31


class WorkingCalendarServicer:
    """See proto/dealtrail/leads/v1/working_calendar.proto."""

    async def GetWorkingCalendar(self, _: pb.GetWorkingCalendarRequest, tx: Tx) -> pb.WorkingCalendar:
        return _told(await operations.current(tx))

    async def SetWorkingCalendar(self, request: pb.SetWorkingCalendarRequest, tx: Tx) -> pb.WorkingCalendar:
        calendar = WorkingCalendar(
            zone=request.zone or WorkingCalendar.zone,
            hours=[Span(one.begin, one.end) for one in request.hours],
            weekdays=sorted(request.weekdays),
            statutory_holidays=request.statutory_holidays,
            days=[CalendarDay(read_day(one.day), one.working, one.label.strip()) for one in request.days],
        )
        return _told(await operations.set_calendar(tx, calendar))

    async def ListCalendarDays(self, request: pb.ListCalendarDaysRequest, tx: Tx) -> pb.ListCalendarDaysResponse:
        calendar = await operations.current(tx)
        first = read_day(request.first) if request.first else calendar.local_day(tx.now)
        count = min(request.count or DAYS, (date.max - first).days + 1)
        days = [calendar.told(first + timedelta(days=number)) for number in range(count)]
        return pb.ListCalendarDaysResponse(
            days=[pb.CalendarDay(day=str(one.day), working=one.working, label=one.label) for one in days]
        )


def _told(calendar: WorkingCalendar) -> pb.WorkingCalendar:
    message = codec.to_message(calendar)
    message.announced_until = str(ANNOUNCED_UNTIL)
    return message
