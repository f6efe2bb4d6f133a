"""A whole list as one file that a spreadsheet opens and never runs."""

import csv
import io

import httpx
import pytest
from dealtrail.leads.v1 import accounts_pb2, leads_pb2
from dealtrail.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.errors import PageTokenInvalid


def pages(request):
    """Three pages, two leads each."""
    number = int(request.page_token or 0)
    leads = [leads_pb2.Lead(id=f"{number}-{one}", company="=1+1", score=-5, version=1) for one in range(2)]
    return leads_pb2.ListLeadsResponse(leads=leads, next_page_token=str(number + 1) if number < 2 else "")


def rows(answer):
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("asked", [{"headers": {"Accept": "text/csv"}}, {"params": {"format": "csv"}}])
async def test_all_pages_of_a_list_come_as_one_file(client, backend, asked):
    backend.answers["ListLeads"] = pages
    answer = await client.get("/v1/leads", **asked)
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["content-disposition"] == 'attachment; filename="leads.csv"'
    found = rows(answer)
    assert [one["id"] for one in found] == ["0-0", "0-1", "1-0", "1-1", "2-0", "2-1"]
    assert {request.page_size for _, request, _ in backend.requests} == {200}


async def test_filters_go_to_every_page(client, backend):
    backend.answers["ListLeads"] = pages
    await client.get("/v1/leads?status=NEW&format=csv&pageSize=2")
    assert [(one.status, one.page_size) for _, one, _ in backend.requests] == [(1, 2)] * 3


async def test_texts_cannot_be_formulas_and_numbers_stay_numbers(client, backend):
    backend.answers["ListLeads"] = pages
    found = rows(await client.get("/v1/leads?format=csv"))
    assert (found[0]["company"], found[0]["score"]) == ("'=1+1", "-5")


async def test_nested_messages_lists_and_maps_are_laid_flat(client, backend):
    account = accounts_pb2.Account(
        name="云杉",
        revenue=money_pb2.Money(amount="-12.50", currency="CNY"),
        attributes={"a": "b"},
        collaborators=["x", "y"],
        create_time=Timestamp(seconds=0),
    )
    backend.answers["ListAccounts"] = accounts_pb2.ListAccountsResponse(accounts=[account, accounts_pb2.Account()])
    full, empty = rows(await client.get("/v1/accounts?format=csv"))
    assert (full["name"], full["revenue.amount"], full["revenue.currency"]) == ("云杉", "-12.50", "CNY")
    assert (full["attributes"], full["collaborators"]) == ('{"a":"b"}', "x; y")
    assert full["createTime"] == "1970-01-01T00:00:00Z"
    assert (empty["revenue.amount"], empty["attributes"], empty["createTime"]) == ("", "", "")


async def test_a_refusal_of_the_first_page_is_still_a_problem(client, backend):
    def refuse(_):
        raise PageTokenInvalid

    backend.answers["ListLeads"] = refuse
    answer = await client.get("/v1/leads?format=csv")
    assert (answer.status_code, answer.json()["reason"]) == (400, "PAGE_TOKEN_INVALID")


async def test_a_failure_half_way_does_not_look_like_a_whole_file(client, backend):
    def fail(request):
        if request.page_token:
            raise PageTokenInvalid
        return pages(request)

    backend.answers["ListLeads"] = fail
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/v1/leads?format=csv")


async def test_an_unknown_format_is_refused(client):
    answer = await client.get("/v1/leads?format=xls")
    assert (answer.status_code, answer.json()["violations"][0]["field"]) == (400, "format")


async def test_only_lists_can_be_files(client, backend):
    answer = await client.get("/v1/leads/1", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "application/json"
