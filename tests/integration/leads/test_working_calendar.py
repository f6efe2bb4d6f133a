"""The calendar of each tenant, over gRPC on real PostgreSQL."""

import pytest
from dealtrail.leads.v1 import working_calendar_pb2 as pb

from services.kit.testing import Refusal

HOURS = [pb.Span(begin="08:30", end="17:30")]


async def days(leads, who, first, count=1):
    listed = await leads(who, "ListCalendarDays", pb.ListCalendarDaysRequest(first=first, count=count))
    return [(one.day, one.working, one.label) for one in listed.days]


async def test_the_shipped_calendar_stands_until_the_tenant_sets_its_own(leads, company):
    shipped = await leads(company.rep, "GetWorkingCalendar", pb.GetWorkingCalendarRequest())
    assert (shipped.zone, list(shipped.weekdays)) == ("Asia/Shanghai", [1, 2, 3, 4, 5])
    assert shipped.announced_until >= "2026-12-31"
    assert await days(leads, company.rep, "2026-10-01") == [("2026-10-01", False, "")]
    assert [day for day, _, _ in await days(leads, company.rep, "9999-12-30", 31)] == ["9999-12-30", "9999-12-31"]
    own = pb.SetWorkingCalendarRequest(
        hours=HOURS, weekdays=[6, 1], days=[pb.CalendarDay(day="2026-10-01", working=True, label="值班")]
    )
    kept = await leads(company.boss, "SetWorkingCalendar", own)
    assert await leads(company.rep, "GetWorkingCalendar", pb.GetWorkingCalendarRequest()) == kept
    assert (kept.zone, list(kept.weekdays), list(kept.hours)) == ("Asia/Shanghai", [1, 6], HOURS)
    assert await days(leads, company.rep, "2026-10-01") == [("2026-10-01", True, "值班")]
    theirs = await leads(company.stranger, "GetWorkingCalendar", pb.GetWorkingCalendarRequest())
    assert theirs == shipped


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"zone": "Asia/Atlantis"}, "UNKNOWN_ZONE"),
        ({"hours": [pb.Span(begin="09:00", end="08:00")]}, "HOURS_OVERLAP"),
        ({"days": [pb.CalendarDay(day="2026-02-30")]}, "NO_SUCH_DAY"),
    ],
)
async def test_a_calendar_that_cannot_be_is_refused(leads, company, fields, reason):
    with pytest.raises(Refusal) as refused:
        await leads(company.boss, "SetWorkingCalendar", pb.SetWorkingCalendarRequest(**({"hours": HOURS} | fields)))
    assert refused.value.reason == reason


async def test_a_rep_does_not_set_the_calendar(leads, company):
    with pytest.raises(Refusal) as refused:
        await leads(company.rep, "SetWorkingCalendar", pb.SetWorkingCalendarRequest(hours=HOURS))
    assert refused.value.reason == "ROLE_NOT_ALLOWED"
