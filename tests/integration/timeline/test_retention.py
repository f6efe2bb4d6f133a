"""Texts go when they are as old as the tenant lets them be, and not before; what is held stays."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from dealtrail.leads.v1 import accounts_pb2, lead_retention_pb2, leads_pb2, merges_pb2
from dealtrail.opportunities.v1 import deals_pb2
from dealtrail.timeline.v1 import retention_pb2 as pb
from dealtrail.timeline.v1 import touchpoints_pb2
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Uuid, bindparam, select, update

from services.kit.ids import new_id
from services.kit.keeping import LONGEST, SHORTEST, RetentionOutOfBounds
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.tables import audit, data_keys
from services.kit.testing import Refusal
from services.kit.visibility import SYSTEM
from services.timeline.retention.domain import Retention
from services.timeline.retention.operations import hear, keep
from services.timeline.touchpoints.store import touchpoints_table as table

TENANT, ID = bindparam("tenant_id", type_=Uuid), bindparam("id", type_=Uuid)
AGE = Query(
    update(table)
    .where(table.c.tenant_id == TENANT, table.c.id == ID)
    .values(create_time=bindparam("then", type_=table.c.create_time.type))
)
BEFORE_CONVERSION = Query(update(table).where(table.c.tenant_id == TENANT, table.c.id == ID).values(account_id=None))
"""As a touchpoint is kept whose lead had no account yet when it was recorded."""
KEY = Query(select(data_keys.c.id).where(data_keys.c.tenant_id == TENANT, data_keys.c.id == ID))
SAID = Query(select(audit.c.purpose).where(audit.c.tenant_id == TENANT, audit.c.action == "timeline.DestroyTexts"))
TEXT = "张总要求降价"


async def account(house, company):
    return (await house(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name=f"客户 {new_id()}"))).id


async def text(house, company, months, kind="PHONE", **about):
    """A touchpoint with a text that was recorded so many months ago, roughly; its id."""
    request = touchpoints_pb2.RecordTouchpointRequest(kind=kind, note=TEXT, **about)
    made = await house(company.rep, "RecordTouchpoint", request)
    async with house.database.transaction(ourselves(company)) as tx:
        await tx.execute(AGE, id=made.id, then=tx.now - timedelta(days=31 * months))
    return made.id


def ourselves(company):
    return Principal(company.boss.tenant_id, new_id(), SYSTEM, None)


async def round_of_destruction(house, company):
    rounds, more = 0, True
    while more:
        async with house.database.transaction(ourselves(company)) as tx:
            more = await keep(tx)
        rounds += 1
    return rounds


async def kept(house, company, id):
    """Whether the text is there, for its author and in the database."""
    revealed = touchpoints_pb2.RevealTouchpointRequest(id=id, purpose="核对")
    note = (await house(company.rep, "RevealTouchpoint", revealed)).note
    async with house.database.transaction(ourselves(company)) as tx:
        key = await tx.fetch_value(KEY, id=id)
    assert (note == TEXT) == (key is not None)
    return note == TEXT


async def set_months(house, company, **months):
    return await house(company.boss, "UpdateRetention", pb.UpdateRetentionRequest(**months))


async def test_a_text_goes_when_it_is_too_old_and_the_touchpoint_stays(house, company):
    of = await account(house, company)
    old, young = [await text(house, company, months, account_id=of) for months in (25, 10)]
    visit = await text(house, company, 25, "ON_SITE_VISIT", account_id=of)
    await round_of_destruction(house, company)
    assert all([await kept(house, company, one) for one in (old, young, visit)])
    await set_months(house, company, communication_months=24)
    await round_of_destruction(house, company)
    assert [await kept(house, company, one) for one in (old, young, visit)] == [False, True, True]
    there = [entry for entry in await house.timeline(company.rep, account_id=of) if entry.touchpoint_id]
    assert {entry.id for entry in there} == {old, young, visit}
    assert {entry.facts["hasText"] for entry in there} == {"true"}
    async with house.database.transaction(ourselves(company)) as tx:
        assert [row["purpose"] for row in await tx.fetch(SAID)] == ["COMMUNICATION: 1 texts older than 24 months"]


async def test_a_preview_counts_what_would_go_and_changes_nothing(house, company):
    of, held = await account(house, company), await account(house, company)
    ids = [await text(house, company, 25, account_id=one) for one in (of, of, held)]
    await house(company.boss, "HoldAccount", pb.HoldAccountRequest(account_id=held, purpose="诉讼"))
    found = await house(company.boss, "PreviewRetention", pb.PreviewRetentionRequest(communication_months=12))
    assert (found.visits, found.communications, found.documents, found.held) == (0, 2, 0, 1)
    await round_of_destruction(house, company)
    assert all([await kept(house, company, one) for one in ids])
    nothing = await house(company.boss, "PreviewRetention", pb.PreviewRetentionRequest())
    assert nothing == pb.RetentionPreview()


async def test_a_hold_of_a_lead_keeps_its_texts_until_it_is_released(house, company):
    held, other = [
        (await house(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company=f"线索 {new_id()}"))).id
        for _ in "12"
    ]
    ids = [await text(house, company, 30, lead_id=one) for one in (held, other)]

    async def counted(held):
        for _ in range(1200):
            found = await house(company.boss, "PreviewRetention", pb.PreviewRetentionRequest())
            if found.held == held:
                return found.communications
            await asyncio.sleep(0.05)
        raise AssertionError(f"waited in vain; there are {found}")

    await set_months(house, company, communication_months=6)
    await house(company.boss, "HoldLead", lead_retention_pb2.HoldLeadRequest(lead_id=held, purpose="诉讼"))
    assert await counted(held=1) == 1
    async with house.database.transaction(ourselves(company)) as tx:
        await hear(tx, UUID(held), False, tx.now - timedelta(days=1))  # of an earlier hold, heard late
    await round_of_destruction(house, company)
    assert [await kept(house, company, one) for one in ids] == [True, False]
    await house(company.boss, "ReleaseLead", lead_retention_pb2.ReleaseLeadRequest(id=held, purpose="结案"))
    assert await counted(held=0) == 1
    await round_of_destruction(house, company)
    assert not await kept(house, company, ids[0])


async def test_a_legal_hold_keeps_the_texts_of_an_account_and_its_leads_until_it_is_released(house, company):
    of = await account(house, company)
    lead = await house(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company=f"线索 {new_id()}"))
    ids = [await text(house, company, 30, account_id=of), await text(house, company, 30, lead_id=lead.id)]
    hold = pb.HoldAccountRequest(account_id=of, purpose="诉讼保全")
    held = await house(company.boss, "HoldAccount", hold)
    assert await house(company.boss, "HoldAccount", hold) == held
    listed = await house(company.boss, "ListLegalHolds", pb.ListLegalHoldsRequest())
    assert [one.id for one in listed.legal_holds] == [of]
    await set_months(house, company, communication_months=6)
    await round_of_destruction(house, company)
    assert [await kept(house, company, one) for one in ids] == [True, False]
    await house(company.boss, "ReleaseAccount", pb.ReleaseAccountRequest(id=of, purpose="结案"))
    await round_of_destruction(house, company)
    assert not await kept(house, company, ids[0])
    with pytest.raises(Refusal) as refused:
        await house(company.boss, "ReleaseAccount", pb.ReleaseAccountRequest(id=of, purpose="结案"))
    assert refused.value.reason == "NOT_FOUND"


async def test_a_hold_reaches_what_was_merged_into_the_account_and_lets_go_of_it_when_it_ends(house, company):
    held, survivor, free, other = [await account(house, company) for _ in range(4)]
    deal = deals_pb2.CreateDealRequest(name="一号线", account_id=held, amount={"amount": "1.00", "currency": "CNY"})
    of_deal = await house(company.rep, "CreateDeal", deal)
    await house.timeline(company.rep, lambda found: "DEAL_OPENED" in {one.kind for one in found}, account_id=held)
    by_duplicate = [await text(house, company, 30, account_id=held), await text(house, company, 30, deal_id=of_deal.id)]
    async with house.database.transaction(ourselves(company)) as tx:
        await tx.execute(BEFORE_CONVERSION, id=by_duplicate[1])
    by_survivor, not_held = [await text(house, company, 30, account_id=one) for one in (other, free)]
    for one in (held, survivor):
        await house(company.boss, "HoldAccount", pb.HoldAccountRequest(account_id=one, purpose="诉讼保全"))
    for duplicate, into in ((held, free), (other, survivor)):
        asked = merges_pb2.MergeAccountRequest(account_id=into, duplicate_id=duplicate, purpose="同一家公司")
        merged = await house(company.rep, "MergeAccount", asked)
        await house.timeline(company.rep, lambda found: any(one.touchpoint_id for one in found), account_id=into)
    await set_months(house, company, communication_months=6)

    async def standing():
        await round_of_destruction(house, company)
        return [await kept(house, company, one) for one in (*by_duplicate, by_survivor, not_held)]

    listed = await house(company.boss, "ListLegalHolds", pb.ListLegalHoldsRequest())
    assert {one.id: set(one.covers) for one in listed.legal_holds} == {held: {held}, survivor: {survivor, other}}
    assert await standing() == [True, True, True, False]
    await house(company.rep, "UndoMerge", merges_pb2.UndoMergeRequest(id=merged.id, purpose="并错了"))
    await house.timeline(company.rep, lambda found: any(one.touchpoint_id for one in found), account_id=other)
    assert await standing() == [True, True, True, False]
    for one in (held, survivor):
        await house(company.boss, "ReleaseAccount", pb.ReleaseAccountRequest(id=one, purpose="结案"))
    assert await standing() == [False, False, False, False]


async def test_an_account_that_nobody_has_is_not_held(house, company):
    with pytest.raises(Refusal) as refused:
        await house(company.boss, "HoldAccount", pb.HoldAccountRequest(account_id=str(new_id()), purpose="诉讼"))
    assert refused.value.reason == "NOT_FOUND"


async def test_many_texts_go_in_small_transactions(house, company, monkeypatch):
    monkeypatch.setattr("services.timeline.retention.operations.AT_ONCE", 2)
    of = await account(house, company)
    ids = [await text(house, company, 30, account_id=of) for _ in range(5)]
    await set_months(house, company, communication_months=6)
    assert await round_of_destruction(house, company) <= 4
    assert not any([await kept(house, company, one) for one in ids])


@given(months=st.integers(-10, 300))
def test_months_are_none_or_within_bounds(months):
    if months == 0 or SHORTEST <= months <= LONGEST:
        assert Retention().changed({"visit_months": months}).visit_months == months
    else:
        with pytest.raises(RetentionOutOfBounds):
            Retention().changed({"visit_months": months})
