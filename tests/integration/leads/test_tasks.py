"""A lead becomes an account, or something to do, where it is no deal yet; over gRPC on real PostgreSQL."""

import pytest
from dealtrail.leads.v1 import leads_pb2 as pb
from dealtrail.leads.v1 import persons_pb2, tasks_pb2
from dealtrail.type.v1 import personal_data_pb2
from sqlalchemy import func, select

from services.kit.ids import new_id
from services.kit.sql import Query
from services.kit.testing import Refusal, person
from services.leads.tasks.store import table

TASK = {"target": pb.ConvertLeadRequest.TASK, "due_date": "2026-12-01"}


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


@pytest.fixture
async def exclusive(leads, company, left):
    lead = await left()
    return await leads(company.rep, "QualifyLead", pb.QualifyLeadRequest(id=lead.id, score=60))


async def test_a_lead_becomes_a_task_of_its_owner_once(leads, company, exclusive):
    wanted = pb.ConvertLeadRequest(id=exclusive.id, **TASK)
    converted = await leads(company.rep, "ConvertLead", wanted)
    assert (converted.status, converted.account_id, converted.deal_id) == (pb.Lead.CONVERTED, "", "")
    task = await leads(company.rep, "GetTask", tasks_pb2.GetTaskRequest(id=converted.task_id))
    assert (task.title, task.due_date, task.owner_id) == ("跟进 云杉科技", "2026-12-01", str(company.rep.user_id))
    assert (await leads(company.rep, "ConvertLead", wanted)).task_id == task.id
    assert len((await leads(company.rep, "ListTasks", tasks_pb2.ListTasksRequest())).tasks) == 1


async def test_a_task_needs_a_day_of_the_calendar(leads, company, exclusive):
    for due in ("", "2026-02-30"):
        wanted = pb.ConvertLeadRequest(id=exclusive.id, target=pb.ConvertLeadRequest.TASK, due_date=due)
        reason = await refusal(leads(company.rep, "ConvertLead", wanted))
        assert reason == ("INVALID" if due else "DUE_DATE_MISSING")


async def test_a_task_about_an_exclusive_lead_is_its_owners_alone(leads, company, exclusive):
    task = (await leads(company.rep, "ConvertLead", pb.ConvertLeadRequest(id=exclusive.id, **TASK))).task_id
    for who in (company.manager, company.boss, company.other_rep):
        assert await refusal(leads(who, "GetTask", tasks_pb2.GetTaskRequest(id=task))) == "NOT_FOUND"
        assert await refusal(leads(who, "CompleteTask", tasks_pb2.CompleteTaskRequest(id=task))) == "NOT_FOUND"


async def test_a_lead_becomes_an_account_without_a_deal(leads, company, exclusive):
    wanted = pb.ConvertLeadRequest(id=exclusive.id, target=pb.ConvertLeadRequest.ACCOUNT)
    converted = await leads(company.rep, "ConvertLead", wanted)
    assert (bool(converted.account_id), bool(converted.contact_id), converted.deal_id) == (True, True, "")


async def test_a_task_is_done_once_and_leaves_what_is_open(leads, company):
    lead = await leads(company.rep, "CreateLead", pb.CreateLeadRequest(company="云杉科技"))
    noted = tasks_pb2.CreateTaskRequest(title="寄样品", lead_id=lead.id, due_date="2026-12-01")
    task = await leads(company.rep, "CreateTask", noted)
    assert (await leads(company.manager, "GetTask", tasks_pb2.GetTaskRequest(id=task.id))) == task
    done = await leads(company.rep, "CompleteTask", tasks_pb2.CompleteTaskRequest(id=task.id))
    assert done.HasField("done_time")
    assert (await leads(company.rep, "CompleteTask", tasks_pb2.CompleteTaskRequest(id=task.id))) == done
    assert not (await leads(company.rep, "ListTasks", tasks_pb2.ListTasksRequest(open_only=True))).tasks
    assert await refusal(leads(company.other_rep, "CreateTask", noted)) == "NOT_FOUND"


async def test_what_is_to_be_done_is_sealed_told_to_its_person_and_gone_when_they_are_forgotten(leads, company):
    admin = person("ADMIN", company.boss.tenant_id)
    leads.members.people[admin.tenant_id, admin.user_id] = admin
    told = pb.CreateLeadRequest(company="云杉科技", contact_name="王芳", phone="138 0013 8000")
    lead = await leads(company.rep, "CreateLead", told)
    noted = tasks_pb2.CreateTaskRequest(title="给王芳寄样品", lead_id=lead.id, due_date="2026-12-01")
    tasks = [await leads(company.rep, "CreateTask", noted) for _ in range(2)]
    async with leads.process.database.transaction(company.rep) as tx:
        kept = await tx.fetch(Query(select(table.c.title, func.length(table.c.sealed).label("sealed"))))
        assert [(row["title"], row["sealed"] > 0) for row in kept] == [("", True)] * 2
    traces = personal_data_pb2.PersonTraces(person_ids=[lead.id])
    traces = await leads(admin, "TracePerson", persons_pb2.TracePersonRequest(id=str(new_id()), traces=traces))
    held = await leads(admin, "ExportPerson", persons_pb2.ExportPersonRequest(id=str(new_id()), traces=traces))
    assert [one.fields["title"] for one in held.records if one.kind == "task"] == ["给王芳寄样品"] * 2
    await leads(admin, "ErasePerson", persons_pb2.ErasePersonRequest(id=str(new_id()), traces=traces))
    done = await leads(company.rep, "CompleteTask", tasks_pb2.CompleteTaskRequest(id=tasks[0].id))
    assert (done.title, done.HasField("done_time")) == ("", True)
