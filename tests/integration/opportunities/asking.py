"""What tests of deals ask for, and how they read refusals and events."""

from datetime import UTC, datetime, timedelta

import asyncpg
import orjson
import pytest
from dealtrail.opportunities.v1 import deals_pb2 as pb
from dealtrail.opportunities.v1 import events_pb2
from dealtrail.type.v1.money_pb2 import Money

from services.kit.codec import to_timestamp
from services.kit.testing import Refusal

LONG_AGO = datetime(2017, 1, 9, tzinfo=UTC)


def days(number):
    """The instant so many days after LONG_AGO, as messages have it."""
    return to_timestamp(LONG_AGO + timedelta(days=number))


def yuan(amount):
    return Money(amount=amount, currency="CNY")


def create(**fields):
    return pb.CreateDealRequest(**({"name": "年度框架采购"} | fields))


def get(deal):
    return pb.GetDealRequest(id=deal.id)


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def told(deals):
    """Our own events of the company in the outbox as they were told: (headers, message)."""
    connection = await asyncpg.connect(deals.access.relay)
    statement = """SELECT headers::text, payload FROM outbox
        WHERE subject LIKE 'dealtrail.%' AND tenant_id = $1 ORDER BY id"""
    rows = await connection.fetch(statement, deals.company.boss.tenant_id)
    await connection.close()
    found = []
    for row in rows:
        headers = orjson.loads(row[0])
        message = getattr(events_pb2, headers["ce-type"].rpartition(".")[2])
        found.append((headers, message.FromString(row[1])))
    return found
