"""The catalogue, over gRPC on real PostgreSQL."""

import asyncio

import pytest
from dealtrail.contracts.v1 import products_pb2 as pb
from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.testing import Refusal
from tests.integration.contracts.asking import fresh, refusal, yuan


@pytest.fixture
def add(boss):
    async def make(code, **fields):
        return await boss.ask("CreateProduct", pb.CreateProductRequest(code=code, **fields))

    return make


async def test_everybody_sees_the_catalogue_and_only_those_who_keep_it_change_it(add, rep):
    made = await add("GTX Pro", category="硬件/服务器", list_price=yuan("4821"), aliases=["GTXPro"])
    assert (made.name, made.list_price.amount, made.active) == ("GTX Pro", "4821.00", True)
    assert await rep.ask("GetProduct", pb.GetProductRequest(id=made.id)) == made
    assert await refusal(rep.ask("CreateProduct", pb.CreateProductRequest(code="X"))) == "ROLE_NOT_ALLOWED"


async def test_a_code_or_alias_names_one_product(add, boss):
    made = await add("GTX Pro", aliases=["GTXPro", 'a, "quoted" one'])
    assert list(made.aliases) == ["GTXPro", 'a, "quoted" one']
    for fields in ({"code": "GTX Pro"}, {"code": "GTXPro"}, {"code": "New", "aliases": ["GTX Pro"]}):
        assert await refusal(add(**fields)) == "PRODUCT_CODE_TAKEN"
    other = await add("MG Special")
    taken = pb.UpdateProductRequest(id=other.id, aliases=["GTXPro"])
    assert await refusal(boss.ask("UpdateProduct", taken)) == "PRODUCT_CODE_TAKEN"
    pair = [add("Same"), add("Other", aliases=["Same"])]
    answers = await asyncio.gather(*pair, return_exceptions=True)
    assert len([one for one in answers if isinstance(one, Refusal)]) == 1


async def test_a_product_added_again_under_its_id_is_answered_as_it_is(add):
    identity = fresh()
    first = await add("A", id=identity)
    assert await add("A", id=identity, name="x") == first


async def test_a_batch_of_products_can_be_repeated(boss):
    items = [{"id": fresh(), "code": "A"}, {"id": fresh(), "code": "B", "aliases": ["A"]}, {"id": fresh(), "code": "C"}]
    request = pb.BatchCreateProductsRequest(products=[pb.CreateProductRequest(**item) for item in items])
    answer = await boss.ask("BatchCreateProducts", request)
    created, refused, existed = ItemResult.CREATED, ItemResult.REFUSED, ItemResult.EXISTED
    assert [one.outcome for one in answer.results] == [created, refused, created]
    assert [one.outcome for one in (await boss.ask("BatchCreateProducts", request)).results] == [
        existed,
        refused,
        existed,
    ]


async def test_a_product_is_found_by_code_category_and_text_and_can_be_taken_out_of_sale(add, boss):
    first, second = await add("A-1", category="软件", name="工业软件"), await add("B-1", category="硬件")
    changed = await boss.ask("UpdateProduct", pb.UpdateProductRequest(id=second.id, active=False, name="旧机型"))
    assert (changed.active, changed.name, changed.category, changed.version) == (False, "旧机型", "硬件", 2)
    for fields, expected in (
        ({}, ["A-1", "B-1"]),
        ({"order_by": "code desc"}, ["B-1", "A-1"]),
        ({"category": "软件"}, ["A-1"]),
        ({"code": "B-1"}, ["B-1"]),
        ({"q": "工业"}, ["A-1"]),
        ({"active_only": True}, ["A-1"]),
    ):
        found = (await boss.ask("ListProducts", pb.ListProductsRequest(**fields))).products
        assert [one.code for one in found] == expected, fields
    assert first.version == 1
