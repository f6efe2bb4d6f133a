"""What may be said of a touchpoint."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.timeline.entries.domain import Visibility
from services.timeline.touchpoint_kinds.domain import Category
from services.timeline.touchpoints.domain import (
    Direction,
    DirectionNotApplicable,
    NotTheAuthor,
    Touchpoint,
    UnknownSubject,
)

AUTHOR, OTHER = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)


def touchpoint(**fields):
    known = {"kind": "PHONE", "category": Category.COMMUNICATION, "author_id": AUTHOR, "account_id": UUID(int=3)}
    times = dict.fromkeys(("occurred_time", "create_time", "update_time"), NOON)
    return Touchpoint(id=UUID(int=9), **(known | times | fields))


def test_a_visit_goes_neither_in_nor_out():
    with pytest.raises(DirectionNotApplicable):
        touchpoint(category=Category.VISIT, direction=Direction.IN).must_make_sense()
    touchpoint(category=Category.VISIT).must_make_sense()
    touchpoint(category=Category.DOCUMENT, direction=Direction.OUT).must_make_sense()


def test_nobody_but_the_author_corrects_a_touchpoint():
    assert touchpoint().corrected(AUTHOR, duration_s=60).duration_s == 60
    with pytest.raises(NotTheAuthor):
        touchpoint().corrected(OTHER, duration_s=60)


def test_a_correction_must_make_sense_too():
    with pytest.raises(DirectionNotApplicable):
        touchpoint(direction=Direction.OUT).corrected(AUTHOR, category=Category.VISIT)


def test_the_text_of_a_private_touchpoint_opens_to_its_author_alone():
    private = touchpoint(visibility=Visibility.PRIVATE)
    assert private.reads_open_to(AUTHOR)
    assert not private.reads_open_to(OTHER)
    assert touchpoint().reads_open_to(OTHER)


def test_what_others_are_told_has_no_text_but_says_that_there_is_one():
    written = touchpoint(note="请回电 13800138000", has_text=True)
    assert written.without_text().note == ""
    assert written.without_text().has_text
    assert written.facts() == written.without_text().facts() == {"hasText": "true"}


def test_an_unknown_subject_is_named_by_its_field_in_both_languages():
    problem = UnknownSubject("deal")
    assert problem.reason == "UNKNOWN_SUBJECT"
    assert problem.violations("zh") == [("deal_id", "找不到该商机")]
