"""How far markets are saturated, over gRPC on real PostgreSQL."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from dealtrail.leads.v1 import accounts_pb2, lead_merges_pb2, leads_pb2, prospects_pb2
from dealtrail.leads.v1 import markets_pb2 as pb

from services.kit.ids import new_id
from services.kit.money import Money
from services.kit.principal import Principal
from services.kit.sql import column_values
from services.kit.testing import Refusal
from services.kit.visibility import SYSTEM
from services.leads.activity import operations as activity
from services.leads.lead_clocks.store import WRITE, clock_of, known
from services.leads.lead_clocks.store import table as clocks_table
from tests.people import until


def now():
    return datetime.now(UTC)


def year():
    """This year in China."""
    return str((now() + timedelta(hours=8)).year)


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason or refused.value.code.name


async def size(leads, who, region, product="", addressable=10, **fields):
    told = {"period": year(), "source": "行业协会名录", "source_date": f"{year()}-01-01"} | fields
    asked = pb.RecordMarketSizeRequest(region=region, product=product, addressable=addressable, **told)
    return await leads(who, "RecordMarketSize", asked)


async def account(leads, who, region):
    asked = accounts_pb2.CreateAccountRequest(name=f"云杉{new_id()}", region=region)
    return (await leads(who, "CreateAccount", asked)).id


@pytest.fixture
def ourselves(leads, company):
    return lambda: leads.process.database.transaction(Principal(company.boss.tenant_id, new_id(), SYSTEM, None))


@pytest.fixture
def clocked(ourselves):
    """`await clocked(lead, other)`: the service has heard of them from itself, and writes no clock of theirs later."""

    async def wait(*lead_ids):
        async def heard():
            async with ourselves() as tx:
                return len(await known(tx, [UUID(one) for one in lead_ids])) == len(lead_ids)

        await until(heard)

    return wait


@pytest.fixture
def met(ourselves):
    """`await met(account, at)`: timeline told of a touchpoint."""

    async def tell(account_id, at=None):
        async with ourselves() as tx:
            await activity.met(tx, new_id(), UUID(account_id), "PHONE", "CALL", at or now(), 1)

    return tell


@pytest.fixture
def signed(ourselves):
    """`await signed(account, "机床")`: contracts told of a contract for these products."""

    async def tell(account_id, *products, day=None):
        day = day or date(int(year()), 1, 2)
        async with ourselves() as tx:
            lines = [(one, Decimal(1)) for one in products]
            await activity.signed(tx, new_id(), UUID(account_id), Money(Decimal(1), "CNY"), day, now(), lines)

    return tell


async def saturations(leads, who, **fields):
    asked = pb.ListMarketSaturationsRequest(**fields)
    found = (await leads(who, "ListMarketSaturations", asked)).market_saturations
    return {(one.region, one.product): one for one in found}


async def rows(leads, who, size_id, **fields):
    asked = pb.ListMarketCompaniesRequest(market_size_id=size_id, **fields)
    return (await leads(who, "ListMarketCompanies", asked)).companies


async def test_accounts_count_once_touched_or_signed_and_each_number_opens_its_rows(leads, company, met, signed):
    whole = await size(leads, company.boss, "华东", addressable=4)
    machines = await size(leads, company.manager, "华东", "机床", addressable=8)
    shanghai, other, untouched, far = [
        await account(leads, company.rep, region) for region in ("华东/上海", "华东", "华东", "华东北")
    ]
    theirs = await account(leads, company.other_rep, "华东")
    for one in (shanghai, far, theirs):
        await met(one)
        await met(one, now() + timedelta(seconds=1))
    await signed(shanghai, "刀具")
    await signed(other, "机床", "刀具")
    found = await saturations(leads, company.boss)
    east, of_machines = found["华东", ""], found["华东", "机床"]
    assert (east.contacted, east.signed, east.penetration, east.saturated) == (3, 2, "0.7500", False)
    assert (of_machines.contacted, of_machines.signed, of_machines.penetration) == (1, 1, "0.1250")
    assert {one.id for one in await rows(leads, company.boss, whole.id)} == {shanghai, other, theirs}
    assert {one.id for one in await rows(leads, company.boss, whole.id, signed=True)} == {shanghai, other}
    assert [(one.id, one.sign_day) for one in await rows(leads, company.boss, machines.id)] == [
        (other, f"{year()}-01-02")
    ]
    assert (await saturations(leads, company.rep))["华东", ""].contacted == 2
    assert {one.id for one in await rows(leads, company.rep, whole.id)} == {shanghai, other}
    rules = pb.SetSaturationRulesRequest(saturated_percent=75)
    await leads(company.boss, "SetSaturationRules", rules)
    east = (await saturations(leads, company.boss, region="华东"))["华东", ""]
    assert (east.saturated, east.advice) == (True, pb.MarketSaturation.ADJUST_PRODUCT_LINE_OR_TERRITORY)
    assert untouched not in {one.id for one in await rows(leads, company.boss, whole.id)}
    assert not await saturations(leads, company.stranger)
    assert await refusal(rows(leads, company.stranger, whole.id)) == "NOT_FOUND"


async def test_what_happened_after_the_period_does_not_count_for_it(leads, company, met, signed):
    then = str(int(year()) - 1)
    await size(leads, company.boss, "华北", period=then, source_date=f"{then}-01-01")
    early, late = [await account(leads, company.rep, "华北") for _ in range(2)]
    await met(early, now() - timedelta(days=366))
    await signed(early)
    await met(late)
    found = (await saturations(leads, company.boss, period=then))["华北", ""]
    assert (found.contacted, found.signed) == (1, 0)


async def test_a_promoted_prospect_counts_once_somebody_got_in_touch_until_it_is_an_account(
    leads, company, ourselves, clocked
):
    market = await size(leads, company.boss, "华南", "机床")
    asked = prospects_pb2.CreateProspectRequest(company="云杉数控", region="华南/广州", product="机床")
    prospect = await leads(company.rep, "CreateProspect", asked)
    promote = prospects_pb2.PromoteProspectRequest(id=prospect.id, phone="13900001234")
    lead_id = (await leads(company.rep, "PromoteProspect", promote)).lead_id
    lead = await leads(company.rep, "GetLead", leads_pb2.GetLeadRequest(id=lead_id))
    assert dict(lead.attributes) == {"region": "华南/广州", "product": "机床"}
    assert (await saturations(leads, company.rep))["华南", "机床"].contacted == 0
    await clocked(lead_id)
    clock = dict.fromkeys(clocks_table.columns.keys()) | {"tenant_id": company.boss.tenant_id, "policy": ""}
    clock |= {"id": clock_of(UUID(lead.id)), "lead_id": UUID(lead.id), "lead_version": 1, "version": 9}
    clock |= {"first_touch_time": now(), "response_working_s": 0, "create_time": now(), "update_time": now()}
    async with ourselves() as tx:
        await tx.execute(WRITE, **column_values(clocks_table, [clock]))
    assert (await saturations(leads, company.rep))["华南", "机床"].contacted == 1
    [row] = await rows(leads, company.rep, market.id)
    assert (row.id, row.kind, row.name, row.sign_day) == (prospect.id, pb.MarketCompany.PROSPECT, "云杉数控", "")
    await leads(company.rep, "QualifyLead", leads_pb2.QualifyLeadRequest(id=lead_id, score=80))
    convert = leads_pb2.ConvertLeadRequest(id=lead_id, target=leads_pb2.ConvertLeadRequest.ACCOUNT)
    became = (await leads(company.rep, "ConvertLead", convert)).account_id
    made = await leads(company.rep, "GetAccount", accounts_pb2.GetAccountRequest(id=became))
    assert (made.region, dict(made.attributes)) == ("华南/广州", {"product": "机床"})
    assert (await saturations(leads, company.rep))["华南", "机床"].contacted == 0


async def test_the_newest_size_of_a_market_and_period_counts_and_the_former_ones_are_kept(leads, company):
    first = await size(leads, company.boss, "西南", addressable=5)
    second = await size(leads, company.boss, "西南", addressable=50)
    assert (first.version, second.version) == (1, 2)
    assert (await saturations(leads, company.boss, region="西南"))["西南", ""].addressable == 50
    kept = (await leads(company.rep, "ListMarketSizes", pb.ListMarketSizesRequest(region="西南"))).market_sizes
    assert [(one.addressable, one.current) for one in kept] == [(50, True), (5, False)]
    assert await refusal(size(leads, company.rep, "西南")) == "ROLE_NOT_ALLOWED"
    assert await refusal(size(leads, company.boss, "西南", source_date="2999-01-01")) == "SOURCE_IN_FUTURE"


async def test_of_two_promoted_prospects_whose_leads_were_merged_the_company_counts_once(
    leads, company, ourselves, clocked
):
    await size(leads, company.boss, "华南", "机床")
    promoted = []
    for name in ("云杉数控", "云杉数控设备"):
        asked = prospects_pb2.CreateProspectRequest(company=name, region="华南/广州", product="机床")
        prospect = await leads(company.rep, "CreateProspect", asked)
        promote = prospects_pb2.PromoteProspectRequest(id=prospect.id, phone="13900001234")
        promoted.append((await leads(company.rep, "PromoteProspect", promote)).lead_id)
    survivor, duplicate = promoted
    await clocked(survivor, duplicate)
    clocks = [dict.fromkeys(clocks_table.columns.keys()) | {"tenant_id": company.boss.tenant_id} for _ in promoted]
    for clock, lead_id, touched in zip(clocks, promoted, (None, now()), strict=True):
        clock |= {
            "id": clock_of(UUID(lead_id)),
            "lead_id": UUID(lead_id),
            "lead_version": 9,
            "version": 9,
            "policy": "",
        }
        clock |= {"first_touch_time": touched, "response_working_s": 0, "create_time": now(), "update_time": now()}
    async with ourselves() as tx:
        await tx.execute(WRITE, **column_values(clocks_table, clocks))
    merge = lead_merges_pb2.MergeLeadRequest(lead_id=survivor, duplicate_id=duplicate, purpose="同一家公司")
    merged = await leads(company.rep, "MergeLead", merge)
    assert (await saturations(leads, company.rep))["华南", "机床"].contacted == 1
    other = dict(clocks[0]) | {"first_touch_time": now(), "version": 10}
    async with ourselves() as tx:
        await tx.execute(WRITE, **column_values(clocks_table, [other]))
    assert (await saturations(leads, company.rep))["华南", "机床"].contacted == 1
    await leads(company.rep, "UndoLeadMerge", lead_merges_pb2.UndoLeadMergeRequest(id=merged.id, purpose="两家"))
    assert (await saturations(leads, company.rep))["华南", "机床"].contacted == 2
