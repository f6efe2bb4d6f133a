"""What a request for an export lets leave, and who decides."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.export_requests.domain import (
    LIFETIME,
    OURS,
    ExportNotApproved,
    ExportNotAsRequested,
    ExportRequest,
    ExportRequestDecided,
    OwnExportRequest,
    State,
    canonical,
)
from services.kit.ids import new_id

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LIST = "/v1/leads?status=NEW"
pairs = st.lists(st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=8)), max_size=6)


@pytest.fixture
def asked():
    return ExportRequest(new_id(), new_id(), None, LIST, "季度盘点", NOW, NOW)


@given(given_pairs=pairs, data=st.data())
def test_filters_mean_the_same_in_whatever_order_and_encoding(given_pairs, data):
    shuffled = data.draw(st.permutations(given_pairs))
    percent = "&".join(f"{urlencode([one])}" for one in shuffled).replace("+", "%20")
    assert canonical("/v1/leads", urlencode(given_pairs)) == canonical("/v1/leads", percent)


@given(pairs, pairs)
def test_other_filters_are_another_list(one, other):
    def kept(given_pairs):
        return sorted(pair for pair in given_pairs if pair[0] not in OURS)

    same = canonical("/v1/leads", urlencode(one)) == canonical("/v1/leads", urlencode(other))
    assert same == (kept(one) == kept(other))


def test_how_a_list_is_read_is_not_what_is_in_it():
    assert canonical("/v1/leads", "pageSize=5&format=csv&status=NEW&pageToken=x&exportRequest=y") == LIST


def test_nobody_decides_about_an_own_request(asked):
    for decide in (lambda: asked.approve(asked.owner_id, NOW), lambda: asked.refuse(asked.owner_id, "")):
        with pytest.raises(OwnExportRequest):
            decide()


def test_it_is_decided_once(asked):
    asked.refuse(new_id(), "不必要")
    with pytest.raises(ExportRequestDecided):
        asked.approve(new_id(), NOW)


def test_only_what_was_approved_leaves_as_it_was_asked_for_once_and_in_time(asked):
    with pytest.raises(ExportNotApproved):
        asked.must_let_leave(LIST, NOW)
    asked.approve(new_id(), NOW)
    asked.must_let_leave(LIST, NOW + LIFETIME)
    with pytest.raises(ExportNotAsRequested):
        asked.must_let_leave("/v1/leads", NOW)
    with pytest.raises(ExportNotApproved):
        asked.must_let_leave(LIST, NOW + LIFETIME + timedelta(seconds=1))
    asked.run(new_id())
    assert asked.state is State.RUNNING
    with pytest.raises(ExportNotApproved):
        asked.must_let_leave(LIST, NOW)
