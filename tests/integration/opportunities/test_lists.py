"""Lists of deals: filters, orders, pages."""

import pytest
from dealtrail.opportunities.v1 import deals_pb2 as pb

from tests.integration.opportunities.asking import create, days, refusal, yuan

DEALS = [
    {"name": "甲 100%", "amount": yuan("300"), "open_time": days(1), "product": "GTX"},
    {"name": "乙", "open_time": days(5), "stage": "NEED"},
    {"name": "丙", "amount": yuan("20"), "open_time": days(3), "expected_sign_date": "2026-05-01"},
    {"name": "丁", "amount": yuan("20"), "open_time": days(2), "expected_sign_date": "2025-05-01"},
    {"name": "戊", "open_time": days(4)},
    {"name": "己", "amount": yuan("1000"), "open_time": days(6)},
]


@pytest.fixture
async def listed(deals, company):
    """`await listed(order_by="amount")`: the names of all deals, page by page of two."""
    for fields in DEALS:
        await deals(company.rep, "CreateDeal", create(**fields))

    async def names(**fields):
        found, token = [], ""
        while True:
            page = await deals(company.boss, "ListDeals", pb.ListDealsRequest(page_size=2, page_token=token, **fields))
            found += [deal.name[0] for deal in page.deals]
            token = page.next_page_token
            if not token:
                return "".join(found)

    return names


async def test_lists_keep_their_order_over_pages_with_the_unknown_last(listed):
    assert await listed() == "己戊丁丙乙甲"
    assert await listed(order_by="open_time") == "甲丁丙戊乙己"
    assert await listed(order_by="open_time desc") == "己乙戊丙丁甲"
    assert await listed(order_by="amount") == "丙丁甲己乙戊"
    assert await listed(order_by="amount desc") == "己甲丁丙戊乙"
    assert await listed(order_by="expected_sign_date") == "丁丙甲乙戊己"
    assert await listed(order_by="expected_sign_date desc") == "丙丁己戊乙甲"


async def test_lists_hold_what_is_asked_for(listed, company):
    assert await listed(stage="NEED") == "乙"
    assert await listed(product="GTX", state=pb.Deal.OPEN, process="B2B") == "甲"
    assert await listed(q="100%") == "甲"
    assert await listed(owner_id=str(company.boss.user_id)) == ""
    assert await listed(team_id=str(company.rep.team_id), state=pb.Deal.WON) == ""


async def test_a_token_is_good_for_its_own_list_only(listed, deals, company):
    page = await deals(company.boss, "ListDeals", pb.ListDealsRequest(page_size=2, order_by="amount"))
    other = pb.ListDealsRequest(page_size=2, order_by="amount desc", page_token=page.next_page_token)
    assert await refusal(deals(company.boss, "ListDeals", other)) == "PAGE_TOKEN_INVALID"
    same = pb.ListDealsRequest(page_size=2, order_by="amount", page_token=page.next_page_token)
    assert await refusal(deals(company.manager, "ListDeals", same)) == "PAGE_TOKEN_INVALID"
    assert await refusal(deals(company.boss, "ListDeals", pb.ListDealsRequest(order_by="name"))) == "INVALID"
