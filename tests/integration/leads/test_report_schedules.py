"""Reports on leads fall due as scheduled: for each recipient once, however long nobody looked, unless they left."""

import pytest
from dealtrail.leads.v1 import events_pb2, notices_pb2, recurrences_pb2
from dealtrail.leads.v1 import report_schedules_pb2 as pb
from sqlalchemy import bindparam, select

from services.kit import roster
from services.kit.sql import Query
from services.kit.tables import outbox
from services.kit.testing import Refusal
from services.leads.report_schedules.operations import report_due

WEEKLY = recurrences_pb2.Recurrence(every=recurrences_pb2.Recurrence.WEEK, day=1, at="09:00")
DUE = events_pb2.LeadReportDue
TOLD = Query(
    select(outbox.c.payload)
    .where(outbox.c.tenant_id == bindparam("tenant_id"), outbox.c.headers["ce-type"].astext == DUE.DESCRIPTOR.full_name)
    .order_by(outbox.c.id)
)


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


@pytest.fixture
async def scheduled(leads, company, roster_known):
    to = [str(one.user_id) for one in (company.boss, company.manager)]
    told = {"code": "WEEKLY", "title": "线索周报", "recurrence": WEEKLY, "recipient_ids": to, "active": True}
    return await leads(company.manager, "SetReportSchedule", pb.SetReportScheduleRequest(**told))


async def due(leads, company):
    async with leads.process.database.transaction(company.boss, read_only=True) as tx:
        return [DUE.FromString(row[0]).report_delivery for row in await tx.fetch(TOLD)]


async def notices(leads, who):
    return (await leads(who, "ListNotices", notices_pb2.ListNoticesRequest(kind="LEAD_REPORT_DELIVERED"))).notices


async def test_each_recipient_is_told_once_of_the_last_occurrence_however_many_were_missed(
    leads, company, scheduled, periodically
):
    await periodically(report_due)
    assert await due(leads, company) == []
    for _ in range(3):
        await periodically(report_due, days=35)
    boss, manager = await due(leads, company)
    assert (boss.recipient_id, boss.team_ids) == (str(company.boss.user_id), [str(company.boss.team_id)])
    assert (manager.schedule, manager.active, len(manager.id)) == ("WEEKLY", True, 36)
    assert manager.id != boss.id
    [notice] = await notices(leads, company.manager)
    assert (notice.subject, notice.subject_id) == ("leadReport", manager.id)
    assert notice.facts["title"] == "线索周报"
    assert getattr(manager, "from") < manager.to
    assert await notices(leads, company.rep) == []


async def test_who_has_left_is_told_of_nothing_and_counts_as_not_delivered(leads, company, scheduled, periodically):
    async def leave(tx):
        one = company.manager
        left = {"user_id": one.user_id, "role": one.role, "team_id": one.team_id, "active": False, "version": 2}
        await tx.execute(roster.KEEP_MEMBER, **left)

    await periodically(leave)
    await periodically(report_due, days=14)
    told = {one.recipient_id: one.active for one in await due(leads, company)}
    assert told == {str(company.boss.user_id): True, str(company.manager.user_id): False}
    assert await notices(leads, company.manager) == []


async def test_nobody_is_named_who_does_not_work_here_and_a_schedule_stays_its_authors(leads, company, scheduled):
    told = {"code": "DAILY", "title": "线索日报", "recurrence": WEEKLY, "active": True}
    strangers = pb.SetReportScheduleRequest(**told, recipient_ids=[str(company.stranger.user_id)])
    assert await refusal(leads(company.boss, "SetReportSchedule", strangers)) == "UNKNOWN_RECIPIENT"
    own = pb.SetReportScheduleRequest(**told, recipient_ids=[str(company.boss.user_id)])
    await leads(company.boss, "SetReportSchedule", own)
    assert await refusal(leads(company.manager, "SetReportSchedule", own)) == "SCHEDULE_TAKEN"
    listed = (await leads(company.manager, "ListReportSchedules", pb.ListReportSchedulesRequest())).schedules
    assert [(one.code, one.author_id) for one in listed] == [
        ("DAILY", str(company.boss.user_id)),
        ("WEEKLY", str(company.manager.user_id)),
    ]
