"""ML线索汇报机制: managers get the report on leads as scheduled, over what each sees, and that it was read is kept."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.leads.recurrences.domain import Every, Recurrence
from services.leads.working_calendar.domain import WorkingCalendar
from tests.people import until

MONDAYS = {"every": "WEEK", "day": 1, "at": "00:00"}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def fall_due(stack, author):
    """Let the schedules of an author have been set forty days ago."""
    connection = await asyncpg.connect(stack.superuser("leads"))
    earlier = "UPDATE report_schedules SET last_time = last_time - interval '40 days' WHERE author_id = $1"
    assert await connection.execute(earlier, author) == "UPDATE 1"
    await connection.close()


async def test_each_manager_gets_a_report_of_what_they_see_once_and_its_numbers_are_frozen(stack, company):
    boss, manager, rep = company.boss, company.manager, company.rep
    mondays = Recurrence(Every.WEEK, 1, "00:00").latest_two(datetime.now(UTC), WorkingCalendar())
    assert mondays
    last, before = mondays
    within = {"createTime": (before + timedelta(hours=10)).isoformat()}
    for owner, name in ((boss, "上海云杉科技"), (rep, "北京松林机械"), (rep, "广州红棉食品")):
        lead = await owner.post("/v1/leads", within | {"company": name})
    await rep.post(f"/v1/leads/{lead['id']}:qualify", {"score": 80})
    schedule = {"code": "WEEKLY", "title": "线索周报", "recurrence": MONDAYS, "active": True}
    await boss.post("/v1/reportSchedules", schedule | {"recipientIds": [boss.id, manager.id]})
    await fall_due(stack, boss.id)
    for who, count in ((boss, 3), (manager, 2)):

        async def delivered(who=who):
            return (await who.get("/v1/leadReports", unread=True))["reports"]

        [listed] = await until(delivered)
        [notice] = (await who.get("/v1/notices", kind="LEAD_REPORT_DELIVERED"))["notices"]
        assert notice["subjectId"] == listed["id"]
        report = await who.post(f"/v1/leadReports/{listed['id']}:read")
        assert (report["total"]["discovered"], report["total"]["qualified"]) == (count, 1)
        assert report["to"] == str(WorkingCalendar().local_day(last))
        assert {stage["stage"]: stage["leads"] for stage in report["stages"]}["VERIFIED"] == 1
    await rep.post("/v1/leads", within | {"company": "成都银杏物流"})
    assert (await manager.get(f"/v1/leadReports/{listed['id']}"))["total"]["discovered"] == 2
    assert (await boss.ask("GET", f"/v1/leadReports/{listed['id']}")).status_code == 404
    figures = (await boss.get("/v1/leadReports:figures"))["total"]
    assert (figures["due"], figures["deliveredShare"], figures["readShare"]) == (2, 1, 1)
