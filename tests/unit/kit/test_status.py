"""What a refusal says on the wire is bounded, whatever was sent."""

import time

import pytest
from dealtrail.contracts.v1 import products_pb2, receipts_pb2
from dealtrail.leads.v1 import leads_pb2

from services.kit.errors import Violated
from services.kit.status import check, to_details

METADATA_BYTES = 8 << 10
"""That a client of gRPC takes, in base64."""


def refusal(request):
    with pytest.raises(Violated) as refused:
        check(request)
    return refused.value


def test_every_field_at_fault_is_named():
    wrong = leads_pb2.CreateLeadRequest(company=" ", email="nobody", owner_id="me")
    assert {field for field, _ in refusal(wrong).violations()} == {"company", "email", "ownerId"}


@pytest.mark.parametrize(
    "wrong",
    [
        products_pb2.CreateProductRequest(code="x", aliases=[""] * 5_000),
        products_pb2.CreateProductRequest(code="x", aliases=[" " * 99] * 20),
        leads_pb2.CreateLeadRequest(company="x", attributes={"k" * 9_000 + str(n): "v" * 9_000 for n in range(64)}),
    ],
    ids=["too many items", "each item wrong", "long keys"],
)
def test_a_refusal_fits_into_what_a_client_takes(wrong):
    told = refusal(wrong)
    assert len(to_details(told)) * 4 / 3 < METADATA_BYTES
    assert len(told.message()) < 1_000


def test_a_hundred_thousand_items_cost_no_time():
    request = receipts_pb2.ApplyReceiptRequest(id="x")
    for _ in range(100_000):
        request.allocations.add()
    began = time.thread_time()
    refusal(request)
    assert time.thread_time() - began < 0.5
