"""No exported text can be a formula, whatever somebody typed into a field."""

import csv
import io
import unicodedata

from hypothesis import given
from hypothesis import strategies as some
from wire.dealtrail.leads.v1 import accounts_pb

from gateway.export import cell, columns, line, safe

SIGNS = "=+-@|\t\r\n"
HIDDEN = " \u00a0\u3000\ufeff\u200b\u2060\u00ad\u0000\u180e\u2028"
WIDE = "＝＋－＠｜﹦﹢﹣﹫"

text = some.text(some.one_of(some.sampled_from(SIGNS + HIDDEN + WIDE), some.characters(codec="utf-8")))


def first_seen(value):
    """The first character that a spreadsheet would look at."""
    seen = (one for one in value if not one.isspace() and unicodedata.category(one) not in {"Cf", "Cc", "Mn"})
    return unicodedata.normalize("NFKC", next(seen, " "))[0]


@given(text)
def test_no_exported_text_begins_like_a_formula(value):
    exported = safe(value)
    assert exported[:1] not in set(SIGNS)
    assert first_seen(exported) not in set(SIGNS)


@given(text)
def test_nothing_but_an_apostrophe_is_added(value):
    assert safe(value) in {value, "'" + value}


@given(some.text(some.characters(categories=["L", "N"]), min_size=1))
def test_plain_texts_stay_as_they_are(value):
    assert safe(value) == value


@given(some.lists(text, min_size=1, max_size=5))
def test_every_record_is_read_back_cell_by_cell(values):
    written = line(values)
    assert next(csv.reader(io.StringIO(written, newline=""))) == values
    assert written.startswith('"')


@given(some.text("=cmd|' /C calc'!A0-", max_size=20))
def test_an_amount_is_a_number_only_if_it_looks_like_one_too(value):
    column = next(one for one in columns(accounts_pb.Account.desc()) if one[0] == ("revenue", "amount"))
    exported = cell({"revenue": {"amount": value}}, column)
    assert exported[:1] not in set(SIGNS) or float(exported) <= 0


def test_negative_amounts_stay_numbers():
    column = next(one for one in columns(accounts_pb.Account.desc()) if one[0] == ("revenue", "amount"))
    assert cell({"revenue": {"amount": "-0.50"}}, column) == "-0.50"
