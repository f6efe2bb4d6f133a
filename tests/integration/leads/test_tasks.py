"""A lead becomes an account, or something to do, where it is no deal yet; over gRPC on real PostgreSQL."""

import pytest
from dealtrail.leads.v1 import leads_pb2 as pb
from dealtrail.leads.v1 import tasks_pb2

from services.kit.testing import Refusal

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
