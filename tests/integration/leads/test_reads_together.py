"""Calls that travel together read together: one trip to PostgreSQL for all that one request brings."""

import asyncio

import pytest
from dealtrail.leads.v1 import leads_pb2 as pb
from grpc import StatusCode
from grpc.aio import AioRpcError

from services.kit import client
from services.kit.gather import Gatherer
from services.kit.together import Together


@pytest.fixture
def trips(monkeypatch):
    found, fetched = [], Together._fetched

    async def counted(self, query, groups):
        found.append([len(group) for group in groups])
        return await fetched(self, query, groups)

    monkeypatch.setattr(Together, "_fetched", counted)
    return found


async def test_the_gets_of_one_request_share_a_trip(leads, company, trips):
    made = [await leads(company.rep, "CreateLead", pb.CreateLeadRequest(company=f"第{n}公司")) for n in range(5)]
    gatherer = Gatherer(client.channel(f"127.0.0.1:{leads.process.port}"))

    async def get(who, identity):
        token = leads._mint.sign(who)
        metadata = [("authorization", f"Bearer {token}")]
        request = pb.GetLeadRequest(id=identity).SerializeToString()
        body, _ = await gatherer("/dealtrail.leads.v1.LeadsService/GetLead", request, metadata, 10)
        return pb.Lead.FromString(body)

    asked = [(who, one.id) for who in (company.rep, company.other_rep) for one in made]
    told = await asyncio.gather(*(get(*one) for one in asked), return_exceptions=True)
    await gatherer.close()
    assert [one.company for one in told[:5]] == [one.company for one in made]
    assert all(isinstance(one, AioRpcError) and one.code() == StatusCode.NOT_FOUND for one in told[5:])
    assert trips == [[4, 5]]  # the first call of all goes ahead of the others
