"""Selling by phone over gRPC on real PostgreSQL: scripts, rehearsals, sessions, calls and their figures."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from dealtrail.leads.v1 import (
    accounts_pb2,
    call_scripts_pb2,
    call_sessions_pb2,
    checklists_pb2,
    cycles_pb2,
    leads_pb2,
    notices_pb2,
    persons_pb2,
    phone_calls_pb2,
    rehearsals_pb2,
)
from dealtrail.type.v1 import personal_data_pb2
from dealtrail.type.v1.money_pb2 import Money
from sqlalchemy import Uuid, bindparam, select

from services.kit.ids import new_id
from services.kit.sql import Query
from services.kit.tables import outbox
from services.kit.testing import Refusal, person
from services.leads.call_sessions.store import TURN

CALL = phone_calls_pb2.PhoneCall
ANSWERS = {"OPENING": "GOOD", "SCRIPT": "PARTLY", "ASKED": "ALL", "NEXT_STEP": "VAGUE"}
OF_SESSIONS = Query(
    select(outbox.c.subject)
    .where(outbox.c.tenant_id == bindparam("tenant_id", type_=Uuid), outbox.c.subject.contains("CallSession"))
    .order_by(outbox.c.id)
)
SAID = [call_scripts_pb2.ScriptSection(title="开场白", text="您好")]


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason or refused.value.code.name


@pytest.fixture
def publish(leads, company):
    async def made(code, **rule):
        asked = call_scripts_pb2.PublishCallScriptRequest(code=code, sections=SAID, **rule)
        return await leads(company.boss, "PublishCallScript", asked)

    return made


@pytest.fixture
def lead(leads, company):
    async def made(who=company.rep):
        return (await leads(who, "CreateLead", leads_pb2.CreateLeadRequest(company=f"云杉 {new_id()}"))).id

    return made


@pytest.fixture
def plan(leads, company, lead):
    async def made(who=company.rep, minutes_from_now=0, **asked):
        begin = datetime.now(UTC) + timedelta(minutes=minutes_from_now)
        if not asked.keys() & {"lead_ids", "contact_ids"}:
            asked["lead_ids"] = [await lead(who)]
        request = call_sessions_pb2.PlanCallSessionRequest(minutes=30, place="一号会议室", **asked)
        request.begin_time.FromDatetime(begin)
        return await leads(who, "PlanCallSession", request)

    return made


async def start(leads, who, session):
    return await leads(who, "OpenCallSession", call_sessions_pb2.OpenCallSessionRequest(id=session.id))


async def close(leads, who, session):
    return await leads(who, "CloseCallSession", call_sessions_pb2.CloseCallSessionRequest(id=session.id))


async def calls(leads, who, **chosen):
    return (await leads(who, "ListPhoneCalls", phone_calls_pb2.ListPhoneCallsRequest(page_size=200, **chosen))).calls


async def record(leads, who, call, result=CALL.NO_ANSWER):
    return await leads(who, "RecordPhoneCall", phone_calls_pb2.RecordPhoneCallRequest(id=call.id, result=result))


async def judge(leads, who, call, **more):
    asked = phone_calls_pb2.JudgePhoneCallRequest(id=call.id, **{"answers": ANSWERS} | more)
    return await leads(who, "JudgePhoneCall", asked)


async def test_the_script_for_a_customer_is_chosen_by_class_and_size_and_versions_stay(leads, company, publish):
    account = await leads(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name="云杉"))
    days = {"start_date": "2026-01-01", "end_date": "2026-03-31"}
    values = [cycles_pb2.GivenValue(account_id=account.id, value="9")]
    frozen = cycles_pb2.CreateCycleRequest(code="2026Q1", indicator=cycles_pb2.Cycle.GIVEN, values=values, **days)
    await leads(company.boss, "CreateCycle", frozen)
    large = {"priority": 1, "from_amount": Money(amount="100000", currency="CNY"), "quintiles": [1]}
    first = await publish("LARGE", **large)
    second = await publish("LARGE", **large)
    assert (first.version, second.version, list(second.quintiles)) == (1, 2, [1])

    async def choose(**asked):
        request = call_scripts_pb2.ChooseCallScriptRequest(currency="CNY", **asked)
        return await leads(company.rep, "ChooseCallScript", request)

    found = await choose(account_id=account.id, amount="100000.00")
    assert (found.script.code, found.script.version, found.quintile) == ("LARGE", 2, 1)
    small = await choose(account_id=account.id, amount="99999.99")
    assert [(one.code, one.size_fits, one.class_fits) for one in small.findings] == [
        ("LARGE", False, True),
        ("GENERAL", True, True),
    ]
    assert (await choose(quintile=2, amount="100000")).script.code == "GENERAL"
    assert await refusal(choose(account_id=account.id)) == "AMOUNT_WITHOUT_CURRENCY"
    elsewhere = call_scripts_pb2.ChooseCallScriptRequest(account_id=account.id)
    assert await refusal(leads(company.other_rep, "ChooseCallScript", elsewhere)) == "NOT_FOUND"
    await publish("LARGE", inactive=True)
    assert (await choose(account_id=account.id, amount="100000")).script.code == "GENERAL"
    old = call_scripts_pb2.GetCallScriptRequest(code="LARGE", version=1)
    assert (await leads(company.rep, "GetCallScript", old)).from_amount.amount == "100000.00"
    listed = (await leads(company.rep, "ListCallScripts", call_scripts_pb2.ListCallScriptsRequest())).scripts
    assert [(one.code, one.version) for one in listed] == [("LARGE", 3), ("GENERAL", 0)]


async def test_a_session_is_not_opened_before_its_script_was_rehearsed(leads, company, publish, plan):
    await publish("COLD", must_rehearse=True)
    session = await plan(script_code="COLD")
    assert await refusal(start(leads, company.rep, session)) == "REHEARSAL_MISSING"
    await publish("COLD", must_rehearse=True)

    async def rehearse(who, **version):
        asked = rehearsals_pb2.RecordRehearsalRequest(script_code="COLD", minutes=20, **version)
        return await leads(who, "RecordRehearsal", asked)

    newer = await rehearse(company.rep)
    await rehearse(company.other_rep, script_version=1)
    assert newer.script_version == 2
    assert await refusal(start(leads, company.rep, session)) == "REHEARSAL_MISSING"
    await rehearse(company.rep, script_version=1)
    assert (await start(leads, company.rep, session)).state == call_sessions_pb2.CallSession.OPEN
    assert await refusal(rehearse(company.rep, script_version=9)) == "NOT_FOUND"
    for who, some in ((company.rep, 2), (company.manager, 2), (company.other_rep, 1), (company.boss, 3)):
        seen = (await leads(who, "ListRehearsals", rehearsals_pb2.ListRehearsalsRequest())).rehearsals
        assert len(seen) == some


async def test_a_session_has_its_time_its_list_and_its_holder(leads, company, plan, lead):
    assert await refusal(plan(lead_ids=[])) == "NOBODY_TO_CALL"
    assert await refusal(plan(lead_ids=[await lead(company.other_rep)])) == "UNKNOWN_CALLEE"
    assert await refusal(plan(script_code="NONE")) == "NOT_FOUND"
    later = await plan(minutes_from_now=60)
    assert (later.script_code, [one.code for one in later.findings]) == ("GENERAL", ["GENERAL"])
    assert await refusal(start(leads, company.rep, later)) == "OUTSIDE_SLOT"
    assert await refusal(plan(minutes_from_now=89)) == "SLOT_TAKEN"
    await plan(minutes_from_now=90)
    await plan(company.other_rep, minutes_from_now=60)
    assert await refusal(start(leads, company.manager, later)) == "NOT_YOUR_SESSION"
    assert await refusal(start(leads, company.other_rep, later)) == "NOT_FOUND"
    await close(leads, company.rep, later)
    assert await refusal(close(leads, company.rep, later)) == "SESSION_CLOSED"
    await plan(minutes_from_now=55)


async def test_a_manager_plans_a_session_for_their_rep_who_is_told_and_holds_it(leads, company, plan, lead):
    told = {"owner_id": str(company.rep.user_id)}
    theirs, managers_own = await lead(), await lead(company.manager)
    planned = await plan(company.manager, lead_ids=[theirs], **told)
    assert (planned.owner_id, planned.planned_by) == (told["owner_id"], str(company.manager.user_id))
    assert await refusal(plan(company.manager, lead_ids=[managers_own], **told)) == "CALLEE_NOT_THEIRS"
    assert await refusal(plan(company.manager, owner_id=str(company.other_rep.user_id))) == "UNKNOWN_OWNER"
    assert await refusal(plan(company.rep, owner_id=str(company.manager.user_id))) == "NOT_YOURS_TO_PLAN"
    assert await refusal(plan()) == "SLOT_TAKEN"
    [notice] = (await leads(company.rep, "ListNotices", notices_pb2.ListNoticesRequest())).notices
    assert (notice.kind, notice.subject_id, notice.facts["calls"]) == ("CALL_SESSION_PLANNED", planned.id, "1")
    assert await refusal(start(leads, company.manager, planned)) == "NOT_YOUR_SESSION"
    await start(leads, company.rep, planned)
    assert await refusal(close(leads, company.manager, planned)) == "NOT_YOUR_SESSION"
    await close(leads, company.rep, planned)
    later = await plan(company.manager, minutes_from_now=60, lead_ids=[theirs], **told)
    await close(leads, company.rep, later)
    [notice] = (await leads(company.manager, "ListNotices", notices_pb2.ListNoticesRequest())).notices
    assert (notice.kind, notice.subject_id) == ("CALL_SESSION_CANCELLED", later.id)
    async with leads.process.database.transaction(company.boss) as tx:
        subjects = [row["subject"] for row in await tx.fetch(OF_SESSIONS)]
    emitted = [name for one in subjects for name in re.findall("CallSession[A-Za-z]+", one)]
    assert emitted == ["CallSessionPlanned", "CallSessionHeld", "CallSessionPlanned", "CallSessionCancelled"]


async def test_of_two_sessions_planned_at_once_the_second_waits_for_the_first(leads, company, plan, lead):
    called = [await lead()]
    async with leads.process.database.transaction(company.rep) as tx:
        await tx.fetch(TURN, owner_id=company.rep.user_id)
        waiting = asyncio.create_task(plan(lead_ids=called))
        await asyncio.sleep(0.5)
        assert not waiting.done()
    await waiting
    assert await refusal(plan(lead_ids=called)) == "SLOT_TAKEN"


async def test_calls_are_made_judged_and_counted_and_each_number_opens_its_rows(leads, company, plan, lead):
    account = await leads(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name="云杉"))
    person = accounts_pb2.CreateContactRequest(account_id=account.id, name="王芳")
    contact = await leads(company.rep, "CreateContact", person)
    session = await plan(lead_ids=[await lead() for _ in range(3)], contact_ids=[contact.id])
    listed = sorted(await calls(leads, company.rep, call_session_id=session.id), key=lambda one: one.number)
    assert [bool(one.lead_id) for one in listed] == [True, True, True, False]
    first, second, _, last = listed
    assert await refusal(record(leads, company.rep, first)) == "SESSION_NOT_OPEN"
    await start(leads, company.rep, session)
    assert await refusal(record(leads, company.manager, first)) == "NOT_YOUR_SESSION"
    assert await refusal(judge(leads, company.manager, first)) == "CALL_NOT_MADE"
    await record(leads, company.rep, first)
    assert await refusal(record(leads, company.rep, first)) == "CALL_MADE"
    await record(leads, company.rep, second, CALL.WRONG_NUMBER)
    await record(leads, company.rep, last)
    judged = await judge(leads, company.manager, first)
    assert (judged.quality, judged.rubric_version, len(judged.findings)) == (73, 0, 4)
    assert await refusal(judge(leads, company.manager, first)) == "CALL_JUDGED"
    await leads(company.boss, "PublishChecklist", checklists_pb2.PublishChecklistRequest(lead_type="CALL_QUALITY"))
    assert await refusal(judge(leads, company.boss, second, rubric_version=2)) == "CHECKLIST_CHANGED"
    worse = ANSWERS | {"OPENING": "POOR", "ASKED": "NONE"}
    assert (await judge(leads, company.boss, second, answers=worse, rubric_version=1)).rubric_version == 1
    theirs = await plan(company.other_rep)
    for who in (company.boss, company.manager, company.rep):
        figures = await leads(who, "GetPhoneCallFigures", phone_calls_pb2.GetPhoneCallFiguresRequest())
        assert figures.total.listed == len(await calls(leads, who)) == (5 if who is company.boss else 4)
        mine = next(one for one in figures.reps if one.rep_id == str(company.rep.user_id))
        opened = {"calls": "made", "connects": "connected", "judged": "judged"}
        for number, chosen in opened.items():
            rows = await calls(leads, who, rep_id=mine.rep_id, **{chosen: True})
            assert len(rows) == getattr(mine, number)
        assert (mine.calls, mine.connects, mine.connect_rate, mine.judged) == (3, 0, 0, 2)
        assert mine.average_quality == (73 + 23) / 2
    assert await calls(leads, company.other_rep, call_session_id=session.id) == []
    [hidden] = await calls(leads, company.boss, call_session_id=theirs.id)
    assert await refusal(judge(leads, company.manager, hidden)) == "NOT_FOUND"


async def test_figures_are_those_of_sessions_that_begin_in_the_cycle(leads, company, plan):
    await plan(minutes_from_now=600)
    await plan(minutes_from_now=1200)
    asked = phone_calls_pb2.GetPhoneCallFiguresRequest()
    asked.from_time.FromDatetime(datetime.now(UTC) + timedelta(minutes=500))
    assert (await leads(company.rep, "GetPhoneCallFigures", asked)).total.listed == 2
    asked.to_time.FromDatetime(datetime.now(UTC) + timedelta(minutes=1000))
    figures = await leads(company.rep, "GetPhoneCallFigures", asked)
    assert (figures.total.listed, figures.total.calls, figures.total.HasField("average_quality")) == (1, 0, False)
    assert len(await calls(leads, company.rep, from_time=asked.from_time, to_time=asked.to_time)) == 1


async def test_persons_are_told_of_the_calls_with_them_and_of_no_others(leads, company, plan, lead):
    admin = person("ADMIN", company.boss.tenant_id)
    leads.members.people[admin.tenant_id, admin.user_id] = admin
    account = await leads(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name="云杉"))
    somebody = accounts_pb2.CreateContactRequest(account_id=account.id, name="王芳")
    contact = await leads(company.rep, "CreateContact", somebody)
    called, other = await lead(), await lead()
    session = await plan(lead_ids=[called, other], contact_ids=[contact.id])
    await start(leads, company.rep, session)
    first, _, last = sorted(await calls(leads, company.rep, call_session_id=session.id), key=lambda one: one.number)
    await record(leads, company.rep, first)
    await judge(leads, company.manager, first)
    for whose, call in ((called, first), (contact.person_id, last)):
        who = personal_data_pb2.PersonTraces(person_ids=[whose])
        traces = await leads(admin, "TracePerson", persons_pb2.TracePersonRequest(id=str(new_id()), traces=who))
        held = await leads(admin, "ExportPerson", persons_pb2.ExportPersonRequest(id=str(new_id()), traces=traces))
        [told] = [one for one in held.records if one.kind == "phone call"]
        assert told.id == call.id
        if call is first:
            assert (told.fields["result"], told.fields["quality"]) == ("NO_ANSWER", "73")
            assert '"OPENING"' in told.fields["findings"]


async def test_a_call_with_an_exclusive_lead_is_seen_by_its_owner_alone(leads, company, plan, left):
    own = await left()
    session = await plan(lead_ids=[own.id])
    assert own.exclusive
    assert len(await calls(leads, company.rep, call_session_id=session.id)) == 1
    for who in (company.manager, company.boss):
        assert await calls(leads, who, call_session_id=session.id) == []
        figures = await leads(who, "GetPhoneCallFigures", phone_calls_pb2.GetPhoneCallFiguresRequest())
        assert figures.total.listed == 0
