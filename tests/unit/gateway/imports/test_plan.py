"""How a mapping turns rows into items of a batch."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imports import mapping
from gateway.imports.fields import fields_of
from gateway.imports.kinds import BATCHES, kind
from gateway.imports.plan import Names, Plan
from gateway.imports.references import References
from services.kit.errors import Violated

TENANT = UUID(int=7)


async def nobody(path, request):
    raise AssertionError("nothing is looked up here")


def planned(name, header, told, digest="file"):
    """A plan, and the function from a row's cells to its item's JSON or its faults."""
    given_map = mapping.parsed(json.dumps(told))
    known = kind(name)
    assert known is not None
    bound = mapping.bound(known, given_map, header)
    plan = Plan(known, given_map, bound, Names(TENANT, given_map.key), digest, {}, References(nobody))

    def item(*cells, number=2):
        chunk = plan.prepare([(number, list(cells))], len(header))
        return json.loads(chunk.items[0].to_json()) if chunk.items else chunk.refused[0].faults

    return item


def test_every_kind_is_a_batch_of_the_contract_that_can_be_tried_first():
    for name in BATCHES:
        known = kind(name)
        assert "validate_only" in {field.name for field in known.method.input.desc().fields}
        assert fields_of(known)["externalId"].place[-1] == "id"


def test_one_column_fills_several_fields_and_values_are_translated():
    item = planned(
        "deals",
        ["id", "what"],
        {
            "columns": {"id": ["externalId", "name"], "what": ["product", "amount"]},
            "values": {"product": {"GTXPro": "GTX Pro"}, "amount": {"GTXPro": "4,821"}},
            "defaults": {"currency": "CNY"},
        },
    )
    deal = item("7", "GTXPro")["deal"]
    assert (deal["name"], deal["product"], deal["amount"]) == ("7", "GTX Pro", {"amount": "4821", "currency": "CNY"})
    assert item("7", "something")[0][0] == "amount"


def test_a_step_of_the_past_is_there_only_if_a_cell_says_so():
    item = planned(
        "deals",
        ["name", "first", "second"],
        {
            "columns": {"name": "name", "first": "history[0].time", "second": "history[1].time"},
            "defaults": {"history[0].stage": "A", "history[1].stage": "B", "stage": "A"},
        },
    )
    assert "history" not in item("x", "", "")
    assert [step["stage"] for step in item("x", "2024-01-01", "2024-01-02")["history"]] == ["A", "B"]
    assert [step["stage"] for step in item("x", "", "2024-01-02")["history"]] == ["B"]
    assert item("x", "", "")["deal"]["stage"] == "A"


def test_money_without_an_amount_is_none_whatever_its_currency():
    item = planned(
        "accounts",
        ["name", "revenue", "in"],
        {"columns": {"name": "name", "revenue": "revenue", "in": "revenue.currency"}},
    )
    assert "revenue" not in item("x", "", "USD")
    assert item("x", "5", "USD")["revenue"] == {"amount": "5", "currency": "USD"}


def test_lists_of_things_with_money_inside_are_put_together():
    item = planned(
        "contracts",
        ["acc", "a0", "a1", "p"],
        {
            "columns": {
                "acc": "accountId",
                "a0": "instalments[0].amount",
                "a1": "instalments[1].amount",
                "p": "lines[0].unitPrice",
            },
            "defaults": {"currency": "CNY", "instalments[1].label": "尾款"},
        },
    )
    found = item(str(TENANT), "1", "2", "3")
    assert [one["amount"]["amount"] for one in found["instalments"]] == ["1", "2"]
    assert found["instalments"][1]["label"] == "尾款"
    assert found["lines"] == [{"unitPrice": {"amount": "3", "currency": "CNY"}}]


def test_the_id_of_a_row_follows_from_its_key_else_from_its_place_in_the_file():
    by_key = planned("leads", ["n", "c"], {"columns": {"n": "externalId", "c": "company"}})
    assert by_key("7", "x", number=2)["id"] == by_key("7", "y", number=9)["id"] != by_key("8", "x")["id"]
    by_place = planned("leads", ["c"], {"columns": {"c": "company"}})
    assert by_place("x", number=2)["id"] == by_place("y", number=2)["id"] != by_place("x", number=3)["id"]
    other_file = planned("leads", ["c"], {"columns": {"c": "company"}}, digest="other")
    assert other_file("x", number=2)["id"] != by_place("x", number=2)["id"]


def test_what_was_imported_by_a_key_is_named_by_it():
    account = planned("accounts", ["n"], {"columns": {"n": ["externalId", "name"]}})("Acme")
    deal = planned("deals", ["n", "a"], {"columns": {"n": "name", "a": "account.externalId"}})("x", "Acme")
    assert deal["deal"]["accountId"] == account["id"]


def test_a_row_with_more_cells_than_the_header_is_refused():
    item = planned("leads", ["c"], {"columns": {"c": "company"}})
    assert item("a", "b")[0][0] == "row"
    assert item("a", " ")["company"] == "a"


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"columns": {"c": "company", "x": "phone"}}, "columns.x"),
        ({"columns": {"c": ["company", "attributes."]}}, "columns.c"),
        ({"columns": {"c": ["company", "history[0].stage"]}}, "columns.c"),
        ({"columns": {"c": "company"}, "defaults": {"nope": "1"}}, "defaults.nope"),
        ({"columns": {"c": "phone"}}, "company"),
    ],
)
def test_a_mapping_that_does_not_fit_names_what_does_not(told, field):
    with pytest.raises(Violated) as refused:
        planned("leads", ["c"], told)
    assert field in [name for name, _ in refused.value.violations()]


@given(st.lists(st.text(max_size=20), min_size=3, max_size=3))
def test_no_cell_brings_the_importer_down(cells):
    item = planned(
        "receipts",
        ["a", "b", "c"],
        {"columns": {"a": "amount", "b": "receivedDate", "c": ["allocate", "note"]}, "defaults": {"currency": "CNY"}},
    )
    assert item(*cells) is not None
