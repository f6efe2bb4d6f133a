"""What a described lead adds to the sums."""

from datetime import date

from services.analytics.descriptions.domain import ERASED, Described, share
from services.analytics.rollups.domain import NOTHING
from services.kit.ids import new_id

LEAD, OWNER, DAY = new_id(), new_id(), date(2024, 3, 3)


def test_what_is_described_of_a_lead_that_is_not_known_yet_counts_nothing():
    assert share(Described(LEAD, {"age": "18-20"}, 1)) == NOTHING


def test_a_lead_counts_once_and_once_for_each_value():
    found = share(Described(LEAD, {"age": "18-20", "education": "大专"}, 1, OWNER, None, "展会", DAY, signed=True))
    days = {cell[2:]: sums for cell, sums in found.cells.items() if cell[:2] == ("DAY", DAY)}
    assert days == {
        ("展会", "", ""): (1, 1),
        ("展会", "age", "18-20"): (1, 1),
        ("展会", "education", "大专"): (1, 1),
    }
    assert {cell[1] for cell in found.cells if cell[0] == "MONTH"} == {date(2024, 3, 1)}


def test_the_newest_description_stands_and_an_erasure_for_ever():
    known = Described(LEAD, {"age": "18-20"}, 2)
    assert known.merged({"age": "20-25"}, 1) == known
    assert known.merged({"age": "20-25"}, 3).values == {"age": "20-25"}
    assert not known.merged({}, ERASED).merged({"age": "20-25"}, 9).values
