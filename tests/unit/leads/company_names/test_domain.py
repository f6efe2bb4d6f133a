"""Which names may be those of one company."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.company_names.domain import parse, same
from tests.bench.names import FIRST_HALF, SECOND_HALF, measured, pairs


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海明岳科技有限公司", "明岳"),
        ("上海明岳科技有限公司", "明岳科技"),
        ("上海明岳科技有限公司", "明岳科技（上海）有限公司"),
        ("上海明岳科技有限公司", "上海市明岳科技股份有限公司"),
        ("上海明岳科技有限公司", "上海明岳科技有限公司杭州分公司"),
        ("ACME Co., Ltd.", "ａｃｍｅ"),
    ],
)
def test_one_company_however_it_is_written(one, other):
    assert parse(one).brand == parse(other).brand
    assert same(parse(one), parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海明岳科技有限公司", "北京明岳科技有限公司"),
        ("上海明岳科技有限公司", "上海明岳餐饮有限公司"),
        ("上海明岳科技有限公司", "上海晨岳科技有限公司"),
        ("公司01", "公司02"),
        ("北京市第三城市建设工程公司", "北京市第四城市建设工程公司"),
    ],
)
def test_two_companies(one, other):
    assert not same(parse(one), parse(other))


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_name_and_sameness_has_no_direction(one, other):
    assert parse(one).brand or not parse(one).whole
    assert same(parse(one), parse(one))
    assert same(parse(one), parse(other)) == same(parse(other), parse(one))


@pytest.mark.parametrize(("half", "recall"), [(FIRST_HALF, 0.98), (SECOND_HALF, 0.95)])
def test_names_of_real_companies_are_told_from_each_other(half, recall):
    """The second half of the names was not looked at while the matcher was written."""
    found = measured(pairs(half))
    assert found.precision >= 0.995
    assert found.recall >= recall
