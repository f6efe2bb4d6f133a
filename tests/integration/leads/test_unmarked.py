"""Leads and accounts of before there were marks are found once they have theirs."""

import asyncpg
from dealtrail.leads.v1 import accounts_pb2, collisions_pb2, leads_pb2

from services.kit.backfill import backfill
from services.kit.vault import MasterKeys
from services.leads.unmarked import Unmarked

OLD, ACCOUNT = "上海明岳科技有限公司", "杭州云杉机械有限公司"


async def test_what_was_recorded_before_there_were_marks_collides_once_it_has_them(alone, company):
    await alone(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company=OLD, phone="138 0013 8000"))
    account = await alone(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name=ACCOUNT))
    person = accounts_pb2.CreateContactRequest(account_id=account.id, name="王芳", phone="139 0013 9000")
    await alone(company.rep, "CreateContact", person)
    owner = await asyncpg.connect(alone.access.owner)
    async with owner.transaction():
        await owner.execute(f"SET LOCAL app.tenant = '{company.rep.tenant_id}'")
        await owner.execute("DELETE FROM match_marks")
    await owner.close()
    masters = MasterKeys.read(alone.masters)
    assert await backfill(alone.access.owner, masters, [], [Unmarked()]) == {"match_marks": 2}
    assert await backfill(alone.access.owner, masters, [], [Unmarked()]) == {"match_marks": 0}
    assert not (await alone(company.boss, "ListCollisions", collisions_pb2.ListCollisionsRequest())).collisions
    for found in ({"company": "明岳科技"}, {"company": "云杉机械"}, {"company": "甲", "phone": "139 0013 9000"}):
        told = leads_pb2.CreateLeadRequest(**found)
        assert (await alone(company.other_rep, "CreateLead", told)).collision_id
