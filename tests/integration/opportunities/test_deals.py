"""What a deal may go through, over gRPC on real PostgreSQL."""

import pytest
from dealtrail.opportunities.v1 import deals_pb2 as pb
from dealtrail.type.v1.money_pb2 import Money

from services.kit.testing import Refusal


def create(**fields):
    return pb.CreateDealRequest(**({"name": "年度框架采购"} | fields))


def yuan(amount):
    return Money(amount=amount, currency="CNY")


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def test_a_new_deal_stands_in_the_first_stage_of_the_shipped_process(deals, company, seen):
    request = create(
        account_id=seen.account, amount=yuan("1200.5"), quantity=3, product="GTX", expected_sign_date="2026-12-31"
    )
    deal = await deals(company.rep, "CreateDeal", request)
    read = await deals(company.rep, "GetDeal", pb.GetDealRequest(id=deal.id))
    assert read == deal
    assert (read.process, read.process_version, read.stage) == ("B2B", 1, "CONTACT")
    assert (read.state, read.version, read.owner_id) == (pb.Deal.OPEN, 1, str(company.rep.user_id))
    assert (read.amount.amount, read.quantity, read.expected_sign_date) == ("1200.50", 3, "2026-12-31")
