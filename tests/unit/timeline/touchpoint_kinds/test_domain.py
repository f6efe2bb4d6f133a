"""The shipped catalogue."""

from collections import Counter

from services.timeline.touchpoint_kinds.domain import PRESET


def test_the_catalogue_ships_five_visits_five_ways_to_talk_and_six_documents():
    assert Counter(kind.category.name for kind in PRESET) == {"VISIT": 5, "COMMUNICATION": 5, "DOCUMENT": 6}
    assert len({kind.code for kind in PRESET}) == 16
