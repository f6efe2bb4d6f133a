"""Page tokens are opaque, signed, and good for one caller and one list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import page_tokens
from services.kit.errors import PageTokenInvalid
from services.kit.page_tokens import opened, sealed
from services.kit.pages import containing
from services.leads.leads.store import table

MARK = b"this list, this caller"


@pytest.fixture(autouse=True)
def secret():
    page_tokens.sign_with(b"secret of the test")


@given(st.text(max_size=40), st.uuids())
def test_a_token_opens_to_the_key_it_was_sealed_with(value, identity):
    assert opened(sealed(MARK, value, identity), MARK) == [value, str(identity)]


@given(st.uuids(), st.binary(min_size=1, max_size=20).filter(lambda mark: mark != MARK))
def test_a_token_of_another_list_does_not_open(identity, other):
    with pytest.raises(PageTokenInvalid):
        opened(sealed(MARK, "x", identity), other)


@given(st.uuids(), st.data())
def test_a_token_with_any_character_changed_does_not_open(identity, data):
    token = sealed(MARK, "x", identity)
    at = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("ABCabc123-_").filter(lambda c: c != token[at]))
    with pytest.raises(PageTokenInvalid):
        opened(token[:at] + letter + token[at + 1 :], MARK)


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_reading_of_tokens(text):
    with pytest.raises(PageTokenInvalid):
        opened(text, MARK)


def test_wildcards_of_a_search_stand_for_themselves():
    assert containing(table.c.company).convert(r"50%_\x") == r"%50\%\_\\x%"
