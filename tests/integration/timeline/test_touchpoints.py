"""What may be done with touchpoints, over gRPC on real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import nats
import pytest
from dealtrail.leads.v1 import accounts_pb2, leads_pb2
from dealtrail.timeline.v1 import entries_pb2, touchpoint_kinds_pb2
from dealtrail.timeline.v1 import touchpoints_pb2 as pb
from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.codec import to_timestamp
from services.kit.ids import new_id
from services.kit.testing import Refusal


@pytest.fixture
async def account(house, company):
    return await house(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name="杭州某某医疗"))


def call(account, **fields):
    return pb.RecordTouchpointRequest(**({"account_id": account.id, "kind": "PHONE", "direction": "OUT"} | fields))


def correction(touchpoint, **fields):
    kept = {"id": touchpoint.id, "kind": touchpoint.kind, "direction": touchpoint.direction, "note": touchpoint.note}
    return pb.CorrectTouchpointRequest(**(kept | fields))


async def reason(awaitable):
    with pytest.raises(Refusal) as refused:
        await awaitable
    return refused.value.reason


async def test_a_touchpoint_stands_in_the_timeline_at_once_and_when_it_happened(house, company, account):
    long_ago = to_timestamp(datetime.now(UTC) - timedelta(days=40))
    named = accounts_pb2.CreateContactRequest(account_id=account.id, name="张三")
    contact = await house(company.rep, "CreateContact", named)
    request = call(account, occurred_time=long_ago, duration_s=300, note="对方是张三", participants=[contact.id])
    touchpoint = await house(company.rep, "RecordTouchpoint", request)
    (entry,) = [e for e in await house.timeline(company.rep, account_id=account.id) if e.touchpoint_id]
    assert (entry.id, entry.kind, entry.category) == (touchpoint.id, "PHONE", entries_pb2.Entry.COMMUNICATION)
    assert (entry.occurred_time, entry.actor_id) == (long_ago, str(company.rep.user_id))
    assert entry.summary_zh == "电话，发给客户，300 秒"
    assert dict(entry.facts) == {"direction": "OUT", "durationS": "300", "participants": "1", "hasText": "true"}
    assert "张三" not in str(entry)


async def test_whoever_took_part_is_a_contact_in_the_authors_sight(house, company, account):
    theirs = await house(company.other_rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name="别人的客户"))
    named = accounts_pb2.CreateContactRequest(account_id=theirs.id, name="李四")
    hidden = (await house(company.other_rep, "CreateContact", named)).id
    for contact in (hidden, str(new_id())):
        wrong = call(account, participants=[contact])
        assert await reason(house(company.rep, "RecordTouchpoint", wrong)) == "UNKNOWN_PARTICIPANT"
        batch = pb.BatchRecordTouchpointsRequest(touchpoints=[wrong, call(account)])
        results = (await house(company.rep, "BatchRecordTouchpoints", batch)).results
        assert [result.reason for result in results] == ["UNKNOWN_PARTICIPANT", ""]
    own = await house(company.rep, "RecordTouchpoint", call(account))
    corrected = pb.CorrectTouchpointRequest(id=own.id, kind="PHONE", participants=[hidden])
    assert await reason(house(company.rep, "CorrectTouchpoint", corrected)) == "UNKNOWN_PARTICIPANT"


async def test_a_touchpoint_is_about_something_that_its_author_sees(house, company, account):
    assert await reason(house(company.other_rep, "RecordTouchpoint", call(account))) == "UNKNOWN_SUBJECT"
    nowhere = pb.RecordTouchpointRequest(lead_id=str(new_id()), kind="PHONE")
    assert await reason(house(company.rep, "RecordTouchpoint", nowhere)) == "UNKNOWN_SUBJECT"
    assert await reason(house(company.rep, "RecordTouchpoint", pb.RecordTouchpointRequest(kind="PHONE"))) == "INVALID"


async def test_a_touchpoint_of_an_unknown_kind_or_of_a_senseless_direction_is_refused(house, company, account):
    assert (
        await reason(house(company.rep, "RecordTouchpoint", call(account, kind="SEANCE"))) == "UNKNOWN_TOUCHPOINT_KIND"
    )
    visit = call(account, kind="ON_SITE_VISIT")
    assert await reason(house(company.rep, "RecordTouchpoint", visit)) == "DIRECTION_NOT_APPLICABLE"
    future = call(account, occurred_time=to_timestamp(datetime.now(UTC) + timedelta(hours=1)))
    assert await reason(house(company.rep, "RecordTouchpoint", future)) == "INVALID"
    assert [e.touchpoint_id for e in await house.timeline(company.rep, account_id=account.id) if e.touchpoint_id] == []


async def test_a_correction_keeps_what_was_said_before(house, company, account):
    first = await house(company.rep, "RecordTouchpoint", call(account, note="谈了价格"))
    earlier = to_timestamp(datetime.now(UTC) - timedelta(days=2))
    changed = correction(first, kind="WECHAT", note="谈了交期", occurred_time=earlier)
    second = await house(company.rep, "CorrectTouchpoint", changed, if_match="1")
    assert (second.version, second.kind, second.note) == (2, "WECHAT", "谈了交期")
    found = await house(company.rep, "ListTouchpointVersions", pb.ListTouchpointVersionsRequest(id=first.id))
    assert list(found.versions) == [second, first]
    (entry,) = [e for e in await house.timeline(company.rep, account_id=account.id) if e.touchpoint_id]
    assert (entry.kind, entry.occurred_time, entry.facts["corrections"]) == ("WECHAT", earlier, "1")


async def test_only_its_author_corrects_a_touchpoint_and_only_as_it_was_read(house, company, account):
    touchpoint = await house(company.rep, "RecordTouchpoint", call(account))
    for who, refusal in ((company.boss, "NOT_THE_AUTHOR"), (company.other_rep, "NOT_FOUND")):
        assert await reason(house(who, "CorrectTouchpoint", correction(touchpoint))) == refusal
    stale = house(company.rep, "CorrectTouchpoint", correction(touchpoint), if_match="7")
    assert await reason(stale) == "VERSION_MISMATCH"


async def test_a_private_touchpoint_is_its_authors_and_its_text_is_read_by_the_boss_for_a_purpose(
    house, company, account
):
    private = await house(company.rep, "RecordTouchpoint", call(account, note="家里有事", visibility="PRIVATE"))
    get = pb.GetTouchpointRequest(id=private.id)
    assert (await house(company.rep, "GetTouchpoint", get)).note == "家里有事"
    for who in (company.manager, company.other_rep):
        assert await reason(house(who, "GetTouchpoint", get)) == "NOT_FOUND"
        assert private.id not in [entry.id for entry in await house.timeline(who, account_id=account.id)]
    seen = await house(company.boss, "GetTouchpoint", get)
    assert (seen.note, seen.has_text) == ("", True)
    reveal = pb.RevealTouchpointRequest(id=private.id, purpose="客户投诉")
    assert (await house(company.boss, "RevealTouchpoint", reveal)).note == "家里有事"
    assert await reason(house(company.manager, "RevealTouchpoint", reveal)) == "NOT_FOUND"


async def test_what_was_private_once_stays_so_in_the_history(house, company, account):
    first = await house(company.rep, "RecordTouchpoint", call(account, note="私事", visibility="PRIVATE"))
    await house(company.rep, "CorrectTouchpoint", correction(first, note="公事", visibility="NORMAL"))
    versions = pb.ListTouchpointVersionsRequest(id=first.id)
    shown = (await house(company.manager, "ListTouchpointVersions", versions)).versions
    assert [one.note for one in shown] == ["", ""]
    assert (await house(company.manager, "GetTouchpoint", pb.GetTouchpointRequest(id=first.id))).note == "公事"


async def test_recording_the_same_batch_again_changes_nothing(house, company, account):
    ids = [str(new_id()) for _ in range(3)]
    items = [call(account, id=one) for one in ids]
    items.append(call(account, kind="SEANCE"))
    items.append(pb.RecordTouchpointRequest(account_id=str(new_id()), kind="PHONE"))
    items.append(pb.RecordTouchpointRequest(account_id="no id", kind="PHONE"))
    batch = pb.BatchRecordTouchpointsRequest(touchpoints=items)
    tried = pb.BatchRecordTouchpointsRequest(touchpoints=items, validate_only=True)
    expected = ["UNKNOWN_TOUCHPOINT_KIND", "UNKNOWN_SUBJECT", "INVALID"]
    for request, outcome in ((tried, ItemResult.CREATED), (batch, ItemResult.CREATED), (batch, ItemResult.EXISTED)):
        results = (await house(company.rep, "BatchRecordTouchpoints", request)).results
        assert [one.outcome for one in results[:3]] == [outcome] * 3
        assert [one.reason for one in results[3:]] == expected
    recorded = [e.id for e in await house.timeline(company.rep, account_id=account.id) if e.touchpoint_id]
    assert sorted(recorded) == sorted(ids)


async def test_an_id_that_is_taken_cannot_be_recorded_anew(house, company, account):
    request = call(account, id=str(new_id()))
    await house(company.rep, "RecordTouchpoint", request)
    assert await reason(house(company.rep, "RecordTouchpoint", request)) == "TOUCHPOINT_EXISTS"


async def test_a_thousand_touchpoints_are_recorded_at_once(house, company, account):
    items = [call(account, kind="EMAIL", note="报价单") for _ in range(1000)]
    request = pb.BatchRecordTouchpointsRequest(touchpoints=items)
    results = (await house(company.rep, "BatchRecordTouchpoints", request)).results
    assert {one.outcome for one in results} == {ItemResult.CREATED}


async def test_events_of_touchpoints_say_nothing_of_their_text(house, company, account):
    secret = "口头答应返点"
    client = await nats.connect(house.broker)
    heard = await client.subscribe(f"dealtrail.timeline.v1.*.{company.rep.tenant_id}.>")
    await client.flush()
    fields = {"note": secret, "subject": secret, "place": secret}
    touchpoint = await house(company.rep, "RecordTouchpoint", call(account, **fields))
    await house(company.rep, "CorrectTouchpoint", correction(touchpoint, **fields))
    for _ in range(2):
        message = await heard.next_msg(timeout=60)
        assert secret.encode() not in message.data
    await client.close()


async def test_the_catalogue_is_open_to_new_kinds_within_the_categories(house, company, account):
    live = touchpoint_kinds_pb2.SetTouchpointKindRequest(
        code="LIVE_STREAM", category="COMMUNICATION", label_zh="直播", active=True
    )
    assert (await house(company.boss, "SetTouchpointKind", live)).label_en == "LIVE_STREAM"
    await house(company.rep, "RecordTouchpoint", call(account, kind="LIVE_STREAM", direction="IN"))
    (entry,) = [e for e in await house.timeline(company.rep, account_id=account.id) if e.touchpoint_id]
    assert entry.summary_zh == "直播，来自客户"
    moved = touchpoint_kinds_pb2.SetTouchpointKindRequest(
        code="LIVE_STREAM", category="VISIT", label_zh="直播", active=True
    )
    assert await reason(house(company.boss, "SetTouchpointKind", moved)) == "KIND_HAS_CATEGORY"
    assert await reason(house(company.rep, "SetTouchpointKind", live)) == "ROLE_NOT_ALLOWED"
    live.active = False
    await house(company.boss, "SetTouchpointKind", live)
    refused = house(company.rep, "RecordTouchpoint", call(account, kind="LIVE_STREAM"))
    assert await reason(refused) == "UNKNOWN_TOUCHPOINT_KIND"
    found = await house(company.rep, "ListTouchpointKinds", touchpoint_kinds_pb2.ListTouchpointKindsRequest())
    counts = [sum(kind.category == number and kind.active for kind in found.kinds) for number in (1, 2, 3)]
    assert counts == [5, 5, 6]


async def test_a_touchpoint_recorded_while_its_lead_is_converted_joins_the_account(house, company):
    lead = await house(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company="宁波某某机械"))
    await house(company.rep, "QualifyLead", leads_pb2.QualifyLeadRequest(id=lead.id, score=50))
    calls = [
        house(company.rep, "RecordTouchpoint", pb.RecordTouchpointRequest(lead_id=lead.id, kind="PHONE"))
        for _ in range(8)
    ]
    converted, *_ = await asyncio.gather(
        house(company.rep, "ConvertLead", leads_pb2.ConvertLeadRequest(id=lead.id)), *calls
    )
    entries = await house.timeline(
        company.rep, lambda seen: sum(e.kind == "PHONE" for e in seen) == 8, account_id=converted.account_id
    )
    assert {entry.deal_id for entry in entries if entry.lead_id} == {converted.deal_id}
