"""Processes as tenant data: versions, the default, and the deals that keep theirs."""

import asyncio

from dealtrail.opportunities.v1 import deals_pb2, lost_reasons_pb2
from dealtrail.opportunities.v1 import processes_pb2 as pb

from services.kit.testing import Refusal
from tests.integration.opportunities.asking import create, refusal


def process(code, *stages, **fields):
    listed = [pb.Stage(code=stage, label=stage.title(), expected_days=7, probability=50) for stage in stages]
    return pb.CreateProcessRequest(code=code, name="本公司流程", stages=listed, **fields)


async def test_the_shipped_process_stands_until_the_tenant_sets_its_own(deals, company):
    (shipped,) = (await deals(company.rep, "ListProcesses", pb.ListProcessesRequest())).processes
    assert (shipped.code, shipped.version, shipped.is_default, len(shipped.stages)) == ("B2B", 1, True, 6)
    own = await deals(company.admin, "CreateProcess", process("MAVEN", "PROSPECTING", "ENGAGING", is_default=True))
    assert (own.version, own.is_default, own.created_by) == (1, True, str(company.admin.user_id))
    listed = (await deals(company.rep, "ListProcesses", pb.ListProcessesRequest())).processes
    assert [(one.code, one.is_default) for one in listed] == [("B2B", False), ("MAVEN", True)]
    deal = await deals(company.rep, "CreateDeal", create())
    assert (deal.process, deal.process_version, deal.stage) == ("MAVEN", 1, "PROSPECTING")
    assert (await deals(company.rep, "CreateDeal", create(process="B2B"))).stage == "CONTACT"
    assert (await deals(company.stranger, "CreateDeal", create())).process == "B2B"


async def test_a_running_deal_keeps_the_version_that_it_started_with(deals, company):
    old = await deals(company.rep, "CreateDeal", create())
    second = await deals(company.boss, "CreateProcess", process("B2B", "FIRST", "SECOND"))
    assert (second.version, second.is_default) == (2, True)
    moved = await deals(company.rep, "AdvanceDeal", deals_pb2.AdvanceDealRequest(id=old.id))
    assert (moved.process_version, moved.stage) == (1, "NEED")
    new = await deals(company.rep, "CreateDeal", create())
    assert (new.process_version, new.stage) == (2, "FIRST")
    first = await deals(company.rep, "GetProcess", pb.GetProcessRequest(code="B2B", version=1))
    assert (first.version, len(first.stages)) == (1, 6)
    newest = await deals(company.rep, "GetProcess", pb.GetProcessRequest(code="B2B"))
    assert newest == second


async def test_versions_have_no_gap_when_two_make_one_at_once(deals, company):
    calls = [deals(company.boss, "CreateProcess", process("OWN", "A", "B")) for _ in range(5)]
    made = await asyncio.gather(*calls, return_exceptions=True)
    versions = sorted(one.version for one in made if isinstance(one, pb.Process))
    assert versions == list(range(1, len(versions) + 1))
    assert {one.reason for one in made if isinstance(one, Refusal)} <= {"CONFLICT"}


async def test_a_process_is_set_by_those_who_keep_the_settings(deals, company):
    assert await refusal(deals(company.rep, "CreateProcess", process("OWN", "A"))) == "ROLE_NOT_ALLOWED"
    assert await refusal(deals(company.boss, "CreateProcess", process("OWN", "A", "A"))) == "STAGE_TWICE"
    assert await refusal(deals(company.boss, "CreateProcess", process("own", "A"))) == "INVALID"
    assert await refusal(deals(company.boss, "GetProcess", pb.GetProcessRequest(code="OWN"))) == "NOT_FOUND"


async def test_a_tenant_keeps_its_own_lost_reasons(deals, company):
    off = lost_reasons_pb2.SetLostReasonRequest(code="PRICE", label="价格", active=False)
    await deals(company.admin, "SetLostReason", off)
    listed = await deals(company.rep, "ListLostReasons", lost_reasons_pb2.ListLostReasonsRequest())
    assert "PRICE" not in [reason.code for reason in listed.reasons]
    deal = await deals(company.rep, "CreateDeal", create())
    lose = deals_pb2.LoseDealRequest(id=deal.id, reason="PRICE")
    assert await refusal(deals(company.rep, "LoseDeal", lose)) == "UNKNOWN_LOST_REASON"
