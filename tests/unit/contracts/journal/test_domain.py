"""Entries of the books."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.journal.domain import Kind, allocated, received, signed
from services.kit.money import Money

DAY = date(2024, 1, 1)
MONEY = st.integers(1, 10**15 - 1).map(lambda cents: Money(Decimal(cents) / 100, "CNY"))


@given(st.lists(MONEY, min_size=1, max_size=5))
def test_every_entry_and_its_reversal_sum_to_nothing(amounts):
    entries = [
        signed(uuid4(), [(uuid4(), one) for one in amounts], DAY),
        *(received(uuid4(), one, DAY) for one in amounts),
        *(allocated(uuid4(), uuid4(), uuid4(), one, DAY) for one in amounts),
    ]
    for entry in entries:
        back = entry.reversed()
        assert sum(one.amount for one in entry.postings) == 0
        assert [one.amount for one in back.postings] == [-one.amount for one in entry.postings]
        assert (back.kind, back.effective_date, back.currency) == (Kind.VOID, DAY, "CNY")
