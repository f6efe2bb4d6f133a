"""A running leads service, with a company of the test's own."""

from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from dealtrail.leads.v1 import (
    campaigns_pb2,
    forms_pb2,
    leads_pb2,
    links_pb2,
    submissions_pb2,
)
from dealtrail.type.v1.money_pb2 import Money
from google.protobuf import descriptor_pool

from services.kit import roster
from services.kit.database import Database
from services.kit.principal import Principal
from services.kit.testing import Caller, Keys, Members, directory, person, running
from services.kit.visibility import SYSTEM
from services.leads.__main__ import wire


class Company:
    """A tenant with a boss, a manager and two reps, one of them in the manager's team; and a stranger."""

    def __init__(self):
        self.boss = person("BOSS")
        tenant = self.boss.tenant_id
        self.manager = person("MANAGER", tenant)
        self.rep = person("REP", tenant, team=self.manager.team_id)
        self.other_rep = person("REP", tenant)
        self.stranger = person("BOSS")

    def everybody(self):
        return self.boss, self.manager, self.rep, self.other_rep, self.stranger


@pytest.fixture
def company():
    return Company()


@asynccontextmanager
async def serving(access, nats_url, folder, wire=wire):
    """The service on that database: `await leads(who, "GetLead", request)`; `leads.process` is the process itself."""
    keys, members = Keys(folder), Members()
    database = await Database.connect(access.app)
    async with directory(members, keys, database) as identity:
        # Nobody serves opportunities or timeline here: what needs them is tested end to end.
        peers = f"{identity},opportunities=127.0.0.1:1,timeline=127.0.0.1:1"
        async with running("leads", wire, access, nats_url, keys, peers) as process:
            services = [descriptor_pool.Default().FindServiceByName(one.name) for one in process.services]
            caller = Caller(process.port, keys, *services)
            caller.process = process
            caller.access, caller.members, caller.masters = access, members, keys.master
            yield caller
            await caller.close()
    await database.close()


def without_clock(process):
    """The service as it is but for what recurs: tests say when that is done (see `periodically`)."""
    process.repeat = lambda *_: None
    wire(process)


@pytest.fixture(scope="session")
async def served(postgres, lasting_nats_server, tmp_path_factory):
    """One service for all tests: each has a company, that is a tenant, of its own."""
    folder = tmp_path_factory.mktemp("leads")
    async with postgres.fresh("leads") as access, serving(access, lasting_nats_server, folder, without_clock) as found:
        yield found


@pytest.fixture
def leads(served, company):
    """The shared service; it knows everybody of the company."""
    served.members.people |= {(one.tenant_id, one.user_id): one for one in company.everybody()}
    return served


@pytest.fixture
async def alone(fresh_database, nats_server, tmp_path, company):
    """A service of the test's own, whose database holds the company and nothing else."""
    async with serving(await fresh_database("leads"), nats_server, tmp_path) as found:
        found.members.people |= {(one.tenant_id, one.user_id): one for one in company.everybody()}
        yield found


@pytest.fixture
async def published(leads, company):
    """A published form of the boss's."""
    campaign = campaigns_pb2.CreateCampaignRequest(
        name="春季展会",
        channel="展会",
        start_date="2026-03-01",
        end_date="2026-03-31",
        cost=Money(amount="3100.00", currency="CNY"),
    )
    field = kind = forms_pb2.FormField
    form = forms_pb2.CreateFormRequest(
        title="免费领取白皮书",
        campaign_id=(await leads(company.boss, "CreateCampaign", campaign)).id,
        texts=["留下电话，当天联系您。"],
        fields=[
            field(name="company", kind=kind.COMPANY, label="公司"),
            field(name="person", kind=kind.NAME, label="姓名", required=True),
            field(name="phone", kind=kind.PHONE, label="手机", required=True),
            field(name="size", kind=kind.CHOICE, label="人数", choices=["1-50", "50 以上"]),
        ],
        consent_text="我同意贵公司就本次咨询与我联系。",
    )
    made = await leads(company.boss, "CreateForm", form)
    return await leads(company.boss, "PublishForm", forms_pb2.PublishFormRequest(id=made.id))


@pytest.fixture
def left(leads, company, published):
    """`await left(phone, …)`: somebody leaves their phone by the rep's link; the lead that comes of it, if one does."""

    async def leave(phone="138 0013 8000", who=company.rep, **answers):
        link = await leads(who, "CreateLink", links_pb2.CreateLinkRequest(form_id=published.id))
        given = {"company": "云杉科技", "person": "王芳", "phone": phone} | answers
        before = {one.id for one in (await leads(who, "ListLeads", leads_pb2.ListLeadsRequest())).leads}
        await leads(who, "Submit", submissions_pb2.SubmitRequest(link_id=link.id, answers=given, consented=True))
        found = (await leads(who, "ListLeads", leads_pb2.ListLeadsRequest())).leads
        return next((one for one in found if one.id not in before), None)

    return leave


@pytest.fixture
async def roster_known(leads, company):
    """The service has heard from identity of everybody who works for the company."""
    system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
    async with leads.process.database.transaction(system) as tx:
        for one in company.everybody()[:-1]:
            kept = {"user_id": one.user_id, "role": one.role, "team_id": one.team_id, "active": True, "version": 1}
            await tx.execute(roster.KEEP_MEMBER, **kept)


@pytest.fixture
def periodically(leads, company):
    """`await periodically(do, minutes=2)`: a piece of periodic work for the company, done so much later."""

    async def done(do, **later):
        system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
        async with leads.process.database.transaction(system) as tx:
            tx.now += timedelta(**later)
            return await do(tx)

    return done
