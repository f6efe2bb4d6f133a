"""How Chinese text is found by what people type."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.leads.spelling import Closeness, Match, asked, match, readings, spelt, terms

COMPANY = "上海明岳科技有限公司"


def found(query, text, at="part"):
    """Whether the index holds all terms of one of the ways."""
    have = terms(text)
    return any(way and set(way) <= have for way in (getattr(one, at) for one in asked(query)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (COMPANY, Match(Closeness.EXACT, 0, 10)),
        ("上海", Match(Closeness.PREFIX, 0, 2)),
        ("明岳科技", Match(Closeness.SUBSTRING, 2, 4)),
        ("mingyue", Match(Closeness.SUBSTRING, 2, 2)),
        ("MINGYUEKE", Match(Closeness.SUBSTRING, 2, 3)),
        ("mingyuek", Match(Closeness.SUBSTRING, 2, 3)),
        ("mykj", Match(Closeness.SUBSTRING, 2, 4)),
        ("shmy", Match(Closeness.PREFIX, 0, 4)),
        ("ingyue", None),
        ("明科", None),
        ("北京", None),
    ],
)
def test_a_company_is_found_by_a_part_by_its_pinyin_and_by_initials(query, expected):
    assert match(query, COMPANY) == expected


@pytest.mark.parametrize("query", ["zhongqing", "chongqing", "zhq", "cq", "zq"])
def test_a_character_is_found_by_any_of_its_readings(query):
    assert (match(query, "重庆云山") is not None) == (query != "zhq")


@pytest.mark.parametrize(
    ("query", "name"), [("lvbu", "吕布"), ("lubu", "吕布"), ("shanxiongxin", "单雄信"), ("xie", "解珍")]
)
def test_family_names_are_found_by_the_reading_that_names_have(query, name):
    assert match(query, name)
    assert found(query, name)


def test_width_case_and_brackets_do_not_matter_and_the_place_is_that_of_the_text_as_written():
    assert match("abc（中国）", "北京 ＡＢＣ(中国)") == Match(Closeness.WORD, 3, 6)
    assert match("中国", "ABC(中国)") == Match(Closeness.WORD, 4, 2)


HAN = st.sampled_from("上海明岳科技有限公司重庆单解吕乐行长曾仇任华盖朴翟区长藏")
NAMES = st.text(st.one_of(HAN, st.sampled_from("aBc7 (）")), min_size=1, max_size=14)


@given(NAMES, st.data())
def test_whatever_is_part_of_a_text_is_found_in_it_and_by_its_terms(name, data):
    letters = spelt(name).letters
    assume(len(letters) >= 2)
    start = data.draw(st.integers(0, len(letters) - 2))
    part = letters[start : data.draw(st.integers(start + 2, len(letters)))]
    assert match(part, name)
    assert found(part, name)
    assert match(letters, name).closeness is Closeness.EXACT
    assert found(letters, name, "whole")
    assert found(letters[:3], name, "begin")


@given(st.text(HAN, min_size=2, max_size=8), st.data())
def test_every_reading_of_every_run_of_characters_finds_it(name, data):
    start = data.draw(st.integers(0, len(name) - 2))
    run = name[start : data.draw(st.integers(start + 2, len(name)))]
    sounds = [data.draw(st.sampled_from(readings(letter))) for letter in run]
    for query in ("".join(sounds), "".join(one[0] for one in sounds)):
        assert match(query, name), query
        assert found(query, name), query
        if start == 0:
            assert found(query, name, "begin"), query


@given(st.text(HAN, min_size=1, max_size=6), st.text("abcdefghimnoqxyz", min_size=2, max_size=6))
def test_what_matches_has_the_terms_that_are_asked_for(name, query):
    if found_at := match(query, name):
        assert found(query, name)
        assert found_at.start + found_at.length <= len(name)


def test_readings_are_those_of_the_table_of_characters():
    assert readings("重") == ("zhong", "chong", "tong")
    assert "zhang" in readings("长")
