"""Imports through the real gateway into a real leads service."""

import io

import openpyxl
import pytest

from tests.integration.gateway.imports.files import COLUMNS, THREE, reason


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        THREE.encode(),
        THREE.encode("utf-8-sig"),
        THREE.encode("gb18030"),
        THREE.encode("utf-16"),
        THREE.replace(",", ";").encode(),
        THREE.replace(",", "\t").encode("gb18030"),
        workbook(*(line.split(",") for line in THREE.splitlines())),
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16", "semicolons", "tabs", "xlsx"],
)
async def test_a_file_becomes_leads_however_it_is_written(office, content):
    operation = await office.load(content, COLUMNS)
    assert operation["state"] == "SUCCEEDED"
    assert operation["rows"] == {"total": 3, "done": 3, "created": 3, "existed": 0, "refused": 0, "noted": 0}
    assert operation["errorsUrl"] == ""
    leads = {lead["company"]: lead for lead in (await office.all())["leads"]}
    assert {name: lead["channel"] for name, lead in leads.items()} == {
        "甲公司": "展会",
        "乙公司": "百度",
        "丙公司": "展会",
    }
    assert leads["甲公司"]["phone"] == "138****8000"


async def test_the_same_file_again_creates_nothing(office):
    await office.load(THREE.encode(), COLUMNS)
    again = await office.load(THREE.encode(), COLUMNS)
    assert (again["rows"]["created"], again["rows"]["existed"]) == (0, 3)
    assert len((await office.all())["leads"]) == 3


async def test_a_key_of_ones_own_is_recorded_once_across_files_and_within_one(office):
    mapping = {"columns": {"id": "externalId", "name": "company"}}
    first = await office.load(b"id,name\n7,seven\n8,eight\n7,seven again\n", mapping)
    assert (first["rows"]["created"], first["rows"]["existed"]) == (2, 1)
    second = await office.load(b"name;id\nmore;9\nseven;7\n", mapping)
    assert (second["rows"]["created"], second["rows"]["existed"]) == (1, 1)
    other = await office.load(b"id,name\n7,another seven\n", mapping | {"key": "other system"})
    assert other["rows"]["created"] == 1


async def test_a_dry_run_checks_every_row_and_records_none(office):
    content = (THREE + ",138,x\r\n").encode()
    operation = await office.load(content, COLUMNS, dry_run=True)
    assert (operation["dryRun"], operation["rows"]["created"], operation["rows"]["refused"]) == (True, 3, 1)
    assert (await office.all())["leads"] == []
    assert (await office.load(content, COLUMNS))["rows"]["created"] == 3


async def test_refused_rows_come_back_with_the_reason_in_both_languages_and_no_formula(office):
    content = (
        "公司,电话,渠道,备注\r\n甲公司,=cmd|' /C calc'!A0,展会,\"a,\nb\"\r\n,1,y,@SUM(1)\r\n好公司,1,z,ok\r\n".encode()
    )
    operation = await office.load(content, COLUMNS)
    assert (operation["rows"]["created"], operation["rows"]["refused"]) == (1, 2)
    text = "\n".join(await office.errors(operation, "zh-CN"))
    assert '"行号","字段","原因代码","说明","公司","电话","渠道","备注"' in text
    assert '"2","phone","INVALID","必须是电话号码","甲公司","\'=cmd|\' /C calc\'!A0","展会","a,\nb"' in text
    assert '"3","company","INVALID"' in text
    assert '"\'@SUM(1)"' in text
    english = await office.errors(operation)
    assert english[0].startswith('"row","field","reason","message"')
    assert "phone number" in english[1]


async def test_a_mapping_that_cannot_work_is_refused_at_once_naming_what_is_wrong(office):
    async def refused(mapping, **more):
        return await reason(office.start(THREE.encode(), mapping, **more))

    assert await refused({"columns": {"电话": "phone"}}) == (
        "INVALID",
        {"company": "is required: map a column to it"},
    )
    _, fields = await refused({"columns": {"公司": "companyy", "没有": "phone"}, "values": {"fone": {}}})
    assert fields["columns.公司"] == "there is no field companyy; did you mean company?"
    assert fields["columns.没有"] == "the file has no such column"
    assert "values.fone" in fields
    _, fields = await refused({"columns": {}, "colums": 1})
    assert set(fields) == {"mapping.columns", "mapping.colums"}
    _, fields = await refused(COLUMNS | {"zone": "Asia/Nowhere"})
    assert set(fields) == {"mapping.zone"}
    assert (await refused(COLUMNS, kind="orders"))[1] == {
        "kind": "must be one of leads, accounts, deals, contracts, receipts, touchpoints"
    }
    assert (await office.client.get("/v1/operations")).json()["operations"] == []


async def test_days_whose_order_nobody_can_tell_are_refused_until_it_is_said(office):
    content = b"name,when\na,1/2/2024\nb,3/4/2024\n"
    mapping = {"columns": {"name": "company", "when": "createTime"}}
    refused, fields = await reason(office.start(content, mapping))
    assert (refused, set(fields)) == ("INVALID", {"columns.when"})
    assert (await office.load(content, mapping | {"dateFormat": "DMY"}))["rows"]["created"] == 2
    captured = {lead["company"]: lead["createTime"] for lead in (await office.all())["leads"]}
    assert captured == {"a": "2024-01-31T16:00:00Z", "b": "2024-04-02T16:00:00Z"}


async def test_owners_and_accounts_are_found_by_name_as_the_caller_sees_them(office):
    await office.user("wang.fang", displayName="王芳")
    await office.load("name\n母公司\n".encode(), {"columns": {"name": "name"}}, kind="accounts")
    content = "名称,负责人,上级\n子公司,Wang.Fang,母公司\n二号,nobody,母公司\n三号,wang.fang,没有\n".encode()
    mapping = {"columns": {"名称": "name", "负责人": "owner.username", "上级": "parent.name"}}
    operation = await office.load(content, mapping, kind="accounts")
    assert (operation["rows"]["created"], operation["rows"]["refused"]) == (1, 2)
    [mother] = (await office.all("/v1/accounts", q="母公司"))["accounts"]
    [daughter] = (await office.all("/v1/accounts", q="子公司"))["accounts"]
    [owner] = (await office.all("/v1/colleagues", q="王芳"))["colleagues"]
    assert (daughter["parentId"], daughter["ownerId"]) == (mother["id"], owner["id"])
    lines = await office.errors(operation)
    assert '"owner.username"' in lines[1]
    assert '"parent.name"' in lines[2]


async def test_names_are_looked_up_where_a_default_or_a_translation_gives_them(office):
    wang = await office.user("wang.fang")
    await office.load("name\n母公司\n".encode(), {"columns": {"name": "name"}}, kind="accounts")
    mapping = {
        "columns": {"name": "name", "under": "parent.name"},
        "values": {"parent.name": {"HQ": "母公司"}},
        "defaults": {"owner.username": "wang.fang"},
    }
    operation = await office.load("name,under\n子公司,HQ\n".encode(), mapping, kind="accounts")
    assert operation["rows"]["created"] == 1
    [daughter] = (await office.all("/v1/accounts", q="子公司"))["accounts"]
    [mother] = (await office.all("/v1/accounts", q="母公司"))["accounts"]
    assert (daughter["ownerId"], daughter["parentId"]) == (wang["id"], mother["id"])


async def test_columns_that_nobody_mapped_become_attributes_if_wanted(office):
    content = "公司,行业,Select,空\n甲,医疗,x,Select\n".encode()
    await office.load(content, {"columns": {"公司": "company"}, "missing": ["Select"], "rest": "attributes"})
    [lead] = (await office.all())["leads"]
    assert lead["attributes"] == {"行业": "医疗", "Select": "x"}


async def test_an_operation_is_seen_by_its_owner_and_the_boss_alone(office):
    await office.user("owner")
    await office.user("other")
    await office.user("boss.of.reps", role="MANAGER")
    owner, other, manager = [await office.sign_in(who) for who in ("owner", "other", "boss.of.reps")]
    operation = await office.load(
        b"company,phone\na,!\n", {"columns": {"company": "company", "phone": "phone"}}, headers=owner
    )
    path = f"/v1/operations/{operation['id']}"
    for who in (owner, None):
        assert (await office.client.get(path, headers=who)).json()["rows"]["refused"] == 1
        assert (await office.client.get(f"{path}/errors", headers=who)).status_code == 200
        assert len((await office.client.get("/v1/operations", headers=who)).json()["operations"]) == 1
    for who in (other, manager):
        for answer in (
            await office.client.get(path, headers=who),
            await office.client.get(f"{path}/errors", headers=who),
            await office.client.post(f"{path}:cancel", headers=who, json={}),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")
        assert (await office.client.get("/v1/operations", headers=who)).json()["operations"] == []


async def test_whoever_may_not_record_may_not_import(office):
    await office.user("partner", role="PARTNER")
    headers = await office.sign_in("partner")
    answer = await office.start(THREE.encode(), COLUMNS, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (403, "ROLE_NOT_ALLOWED")
    assert (await office.start(THREE.encode(), COLUMNS, headers={"Authorization": ""})).status_code == 401


async def test_what_can_be_mapped_is_told_with_types_and_comments(office):
    fields = (await office.client.get("/v1/imports/fields", params={"kind": "contracts"})).json()["fields"]
    found = {one["path"]: one for one in fields}
    assert found["instalments[n].trigger"]["values"] == ["SIGN", "DELIVER", "ACCEPT", "WARRANTY", "DATE"]
    assert (found["amount"]["type"], found["signDate"]["type"]) == ("AMOUNT", "DATE")
    assert found["account.name"]["type"] == "REFERENCE"
    assert all(one["comment"] for one in fields)
