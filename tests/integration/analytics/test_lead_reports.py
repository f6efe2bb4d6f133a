"""A report counts what its recipient sees, once; its numbers never change, and it is its recipient's alone."""

from dataclasses import replace
from datetime import date

import pytest
from dealtrail.analytics.v1 import lead_reports_pb2 as pb
from dealtrail.leads.v1 import events_pb2 as leads
from dealtrail.leads.v1 import leads_pb2, report_schedules_pb2
from dealtrail.type.v1 import access_pb2

from services.kit.codec import to_timestamp
from services.kit.ids import new_id
from services.kit.testing import Refusal
from tests.integration.analytics.events import midnight, told

DAY, END = date(2024, 3, 4), date(2024, 3, 11)


def captured(owner, **fields):
    identity, lead = new_id(), leads_pb2.Lead(company="某某科技", version=1, **fields)
    lead.id, lead.owner_id, lead.team_id = str(identity), str(owner.user_id), str(owner.team_id)
    lead.create_time.CopyFrom(to_timestamp(midnight(DAY)))
    lead.status = leads_pb2.Lead.NEW
    return told(leads.LeadCaptured(lead=lead), identity, 1, midnight(DAY))


def due(who, identity, active=True):
    """A report of that week for somebody, as leads tell of it."""
    delivery = report_schedules_pb2.ReportDelivery(
        id=str(identity),
        schedule="WEEKLY",
        title="线索周报",
        recipient_id=str(who.user_id),
        active=active,
        role=access_pb2.Role.Value(who.role),
        team_id=str(who.team_id),
        team_ids=map(str, who.teams),
        to=END.isoformat(),
        **{"from": DAY.isoformat()},
    )
    delivery.due_time.CopyFrom(to_timestamp(midnight(END)))
    event, envelope = told(leads.LeadReportDue(report_delivery=delivery), identity, 1, midnight(END))
    return event, replace(envelope, tenant_id=who.tenant_id)


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def test_a_report_counts_what_its_recipient_sees_and_is_frozen(analytics, company):
    owners = (company.rep, company.rep, company.colleague, company.other_rep)
    hidden = captured(company.rep, exclusive=True)
    await analytics.tell(company.tenant, [*map(captured, owners), hidden])
    expected = {company.boss: 4, company.manager: 3, company.other_manager: 1, company.rep: 3}
    reports = {who: new_id() for who in expected}
    for _ in range(2):
        await analytics.tell(company.tenant, [due(who, identity) for who, identity in reports.items()])
        await analytics.tell(company.tenant, [captured(company.rep)])  # late: what is kept stays
    for who, count in expected.items():
        get = pb.GetLeadReportRequest(id=str(reports[who]))
        report = await analytics(who, "GetLeadReport", get)
        assert (report.total.discovered, report.stages[0].leads) == (count, count), who.role
        assert sum(team.discovered for team in report.teams) == count
        assert (getattr(report, "from"), report.to, report.title) == ("2024-03-04", "2024-03-11", "线索周报")
        for other in {*expected, company.stranger} - {who}:
            assert await refusal(analytics(other, "GetLeadReport", get)) == "NOT_FOUND"
        [listed] = (await analytics(who, "ListLeadReports", pb.ListLeadReportsRequest(unread=True))).reports
        assert (listed.id, listed.HasField("total")) == (str(reports[who]), False)


async def test_what_was_delivered_and_read_is_counted_and_who_left_gets_nothing(analytics, company):
    kept, left = new_id(), new_id()
    told_of = [due(company.manager, kept), due(company.other_manager, left, active=False)]
    await analytics.tell(company.tenant, told_of)
    get = pb.GetLeadReportRequest(id=str(left))
    assert await refusal(analytics(company.other_manager, "GetLeadReport", get)) == "NOT_FOUND"
    read = pb.ReadLeadReportRequest(id=str(kept))
    first = await analytics(company.manager, "ReadLeadReport", read)
    assert first.read_time == (await analytics(company.manager, "ReadLeadReport", read)).read_time
    figures = await analytics(company.boss, "GetLeadReportFigures", pb.GetLeadReportFiguresRequest(schedule="WEEKLY"))
    assert (figures.total.due, figures.total.delivered, figures.total.read) == (2, 1, 1)
    assert (figures.total.delivered_share, figures.total.read_share) == (0.5, 1)
    shares = {one.recipient_id: one.delivered for one in figures.counts}
    assert shares == {str(company.manager.user_id): 1, str(company.other_manager.user_id): 0}
    strange = await analytics(company.stranger, "GetLeadReportFigures", pb.GetLeadReportFiguresRequest())
    assert strange.total.due == 0
