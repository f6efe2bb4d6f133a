"""A list that is asked for again says what is so now, though most of what it says was made before."""

import json

import asyncpg
import pytest
from dealtrail.leads.v1 import leads_pb2 as pb
from google.protobuf.json_format import MessageToDict

from services.kit import rpc
from services.kit.ids import new_id
from services.kit.pages import STAMPED, STAMPS, Listing
from services.kit.rpc import AS_JSON
from services.kit.sealing import Sealing

PATH = "/dealtrail.leads.v1.LeadsService/ListLeads"
NEWEST = pb.ListLeadsRequest()


async def told(leads, who, request=NEWEST):
    """What the gateway gets, which takes JSON."""
    metadata = [("authorization", f"Bearer {leads._mint.sign(who)}"), AS_JSON]
    return await leads._channel.unary_unary(PATH)(request.SerializeToString(), metadata=metadata, timeout=30)


async def agree(leads, company, request=NEWEST):
    """Twice the same to each, and the same as the message says, which is made of the rows."""
    for who in company.everybody():
        message = await leads(who, "ListLeads", request)
        wanted = MessageToDict(message, always_print_fields_with_no_presence=True)
        for _ in range(2):
            assert json.loads(await told(leads, who, request)) == wanted


async def recorded(leads, who, count):
    made = [pb.CreateLeadRequest(company=f"云杉{n}", contact_name="张三", phone="13800138000") for n in range(count)]
    return [await leads(who, "CreateLead", one) for one in made]


@pytest.fixture
async def sql(leads):
    connection = await asyncpg.connect(leads.access.owner)
    yield connection
    await connection.close()


async def test_after_each_change_everybody_is_told_what_is_so(leads, company, sql):
    one, two, three = await recorded(leads, company.rep, 3)
    await agree(leads, company)
    await leads(
        company.rep, "UpdateLead", pb.UpdateLeadRequest(id=one.id, company="雪松", phone="13900139000"), if_match="1"
    )
    await agree(leads, company)
    owner = str(company.other_rep.user_id)
    await leads(company.boss, "AssignLead", pb.AssignLeadRequest(id=two.id, owner_id=owner))
    await agree(leads, company)
    assert [one.id for one in (await leads(company.other_rep, "ListLeads", NEWEST)).leads] == [two.id]
    # What a release or an operator does to rows changes no version.
    await sql.execute("UPDATE leads SET channel = '展会' WHERE id = $1", three.id)
    await agree(leads, company)
    await sql.execute("DELETE FROM data_keys WHERE id = $1", three.id)
    await agree(leads, company)
    shown = {one["id"]: one for one in json.loads(await told(leads, company.rep))["leads"]}
    assert (shown[three.id]["phone"], shown[three.id]["channel"]) == ("", "展会")
    assert shown[one.id]["phone"]
    await recorded(leads, company.rep, 2)
    for request in (NEWEST, pb.ListLeadsRequest(page_size=2), pb.ListLeadsRequest(order_by="company")):
        await agree(leads, company, request)


async def test_two_tenants_who_chose_one_id_are_each_told_of_their_own(leads, company, sql):
    chosen = str(new_id())
    for who, name in ((company.rep, "云杉"), (company.stranger, "雪松")):
        await leads(who, "CreateLead", pb.CreateLeadRequest(id=chosen, company=name))
    await sql.execute("UPDATE leads SET channel = '展会' WHERE id = $1", chosen)
    assert await sql.fetchval("SELECT count(DISTINCT xmin::text) FROM leads WHERE id = $1", chosen) == 1
    for _ in range(2):
        for who, name in ((company.rep, "云杉"), (company.stranger, "雪松")):
            assert [one["company"] for one in json.loads(await told(leads, who))["leads"]] == [name]


async def test_a_page_that_is_too_long_for_json_comes_as_its_message(leads, company, monkeypatch):
    await recorded(leads, company.rep, 3)
    message = await leads(company.rep, "ListLeads", NEWEST)
    monkeypatch.setattr(rpc, "LARGEST_JSON", 100)
    for _ in range(2):
        assert pb.ListLeadsResponse.FromString(await told(leads, company.rep)) == message


async def test_only_rows_that_changed_are_opened_again(leads, company, monkeypatch):
    opened, shapes = [], []
    open_rows, found = Sealing.open, Listing._found

    async def counted(self, tx, rows):
        opened.append(len(rows))
        return await open_rows(self, tx, rows)

    async def seen(self, tx, asked, shape):
        shapes.append(shape)
        return await found(self, tx, asked, shape)

    first, *_ = await recorded(leads, company.rep, 4)
    monkeypatch.setattr(Sealing, "open", counted)
    monkeypatch.setattr(Listing, "_found", seen)
    for _ in range(2):
        await told(leads, company.rep)
    assert (opened, shapes) == ([4, 0], [STAMPED, STAMPS])
    monkeypatch.undo()
    await leads(company.rep, "UpdateLead", pb.UpdateLeadRequest(id=first.id, company="雪松"), if_match="1")
    monkeypatch.setattr(Sealing, "open", counted)
    await told(leads, company.rep)
    await told(leads, company.manager)
    assert opened == [4, 0, 1, 0]


async def test_what_goes_out_of_sight_between_two_looks_is_left_out(leads, company, monkeypatch):
    gone, stays = await recorded(leads, company.rep, 2)
    await told(leads, company.rep)
    found = Listing._found

    async def overtaken(self, tx, asked, shape):
        rows = await found(self, tx, asked, shape)
        if shape == STAMPS:
            monkeypatch.undo()
            owner = str(company.other_rep.user_id)
            await leads(company.boss, "AssignLead", pb.AssignLeadRequest(id=gone.id, owner_id=owner))
        return rows

    await leads(company.rep, "UpdateLead", pb.UpdateLeadRequest(id=gone.id, company="雪松"), if_match="1")
    monkeypatch.setattr(Listing, "_found", overtaken)
    assert [one["id"] for one in json.loads(await told(leads, company.rep))["leads"]] == [stays.id]
