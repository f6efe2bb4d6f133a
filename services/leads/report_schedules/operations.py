"""Keep schedules, and have reports delivered when they fall due."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import report_schedules_pb2 as pb
from dealtrail.type.v1 import access_pb2

from services.kit import roster
from services.kit.codec import to_timestamp
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.ids import derived_id
from services.leads.notices import operations as notices
from services.leads.report_schedules.domain import (
    LeadReportDelivered,
    Occurrence,
    ReportSchedule,
    ScheduleTaken,
    UnknownRecipient,
)
from services.leads.report_schedules.store import ALL, DONE, IN_USE, NAMED, SET, codec
from services.leads.working_calendar import operations as working_calendar

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Delivery:
    """A report of one recipient, as the aggregate of its event: theirs alone."""

    id: UUID
    owner_id: UUID
    version: int = 1
    team_id: None = None
    collaborators: tuple[UUID, ...] = ()
    exclusive: bool = True


async def set_schedule(tx: Tx, directory: Directory, schedule: ReportSchedule) -> ReportSchedule:
    """Add it, change it, or take it out of use. Refused: NO_SUCH_DAY_OF_PERIOD, UNKNOWN_RECIPIENT, SCHEDULE_TAKEN."""
    schedule.recurrence.check()
    for recipient in schedule.recipients:
        member = await directory.member(tx, recipient)
        if member is None or not member.active:
            raise UnknownRecipient
    row = await tx.fetch_one(NAMED, code=schedule.code)
    if row and row["author_id"] != schedule.author_id and tx.principal.role != "BOSS":
        raise ScheduleTaken(code=schedule.code)
    await tx.execute(SET, **codec.to_row(schedule))
    return schedule


async def schedules(tx: Tx) -> list[ReportSchedule]:
    """All schedules, by code."""
    return [codec.from_row(row) for row in await tx.fetch(ALL)]


async def report_due(tx: Tx) -> bool:
    """The periodic work: have the reports delivered that have fallen due; there is never more of it."""
    found = [codec.from_row(row) for row in await tx.fetch(IN_USE)]
    calendar = await working_calendar.current(tx)
    due = [(schedule, one) for schedule in found if (one := schedule.due(tx.now, calendar))]
    people = await roster.current(tx) if due else None
    for schedule, occurrence in due:
        for recipient in schedule.recipients:
            await _deliver(tx, people, schedule, occurrence, recipient)
        await tx.execute(DONE, of_code=schedule.code, last_time=occurrence.at)
    return False


async def _deliver(
    tx: Tx, people: roster.Roster | None, schedule: ReportSchedule, occurrence: Occurrence, recipient: UUID
) -> None:
    """Have the report counted as the recipient sees leads now, and tell them."""
    identity = derived_id(recipient, f"{tx.principal.tenant_id} {schedule.code} {occurrence.at.isoformat()}")
    who = people.principal(recipient) if people else None
    told = pb.ReportDelivery(
        id=str(identity),
        schedule=schedule.code,
        title=schedule.title,
        recipient_id=str(recipient),
        active=who is not None,
        role=access_pb2.Role.Value(who.role) if who else access_pb2.ROLE_UNSPECIFIED,
        team_id=str(who.team_id or "") if who else "",
        team_ids=map(str, who.teams) if who else (),
        to=occurrence.end.isoformat(),
        due_time=to_timestamp(occurrence.at),
        **{"from": occurrence.start.isoformat()},
    )
    tx.emit(events.LeadReportDue(report_delivery=told), Delivery(identity, recipient))
    if who is not None:
        days = {"first": occurrence.start, "last": occurrence.end - DAY}
        await notices.tell(tx, [recipient], LeadReportDelivered("leadReport", identity, title=schedule.title, **days))
