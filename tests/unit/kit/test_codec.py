"""What goes into a message or a row comes out as it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from dealtrail.leads.v1 import accounts_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services.kit.codec import Codec, NoSuchInstant, from_timestamp, to_timestamp
from services.kit.masking import mask
from services.kit.money import Money
from services.leads.accounts.domain import Account
from services.leads.leads.store import codec as lead_codec
from tests.unit.kit.shapes import LEADS

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
instants = st.timedeltas(timedelta(0), timedelta(days=40_000)).map(lambda span: datetime(1980, 1, 1, tzinfo=UTC) + span)
monies = st.builds(Money, st.decimals(-(10**12), 10**12, places=2), st.sampled_from(["CNY", "USD"]))
accounts = st.builds(
    Account,
    id=st.uuids(),
    name=texts,
    owner_id=st.uuids(),
    team_id=st.none() | st.uuids(),
    create_time=instants,
    update_time=instants,
    industry=texts,
    employees=st.integers(0, 2**31 - 1),
    revenue=st.none() | monies,
    parent_id=st.none() | st.uuids(),
    attributes=st.dictionaries(texts, texts, max_size=3),
    collaborators=st.lists(st.uuids(), max_size=3),
    version=st.integers(1, 2**62),
)
codec = Codec(Account, accounts_pb2.Account)


@given(accounts)
def test_a_message_holds_all_of_an_object(account):
    wire = accounts_pb2.Account.FromString(codec.to_message(account).SerializeToString())
    assert codec.from_message(wire) == account


@given(accounts)
def test_a_row_holds_all_of_an_object(account):
    assert codec.from_row(codec.to_row(account)) == account


@given(accounts)
def test_a_row_says_the_same_as_the_object_in_between(account):
    assert codec.row_to_message(codec.to_row(account)) == codec.to_message(account)


@given(instants)
def test_an_instant_keeps_its_microseconds(instant):
    assert from_timestamp(to_timestamp(instant)) == instant
    message = codec.to_message(replace(ACCOUNT, create_time=instant))
    assert from_timestamp(message.create_time) == instant


@pytest.mark.parametrize(
    ("seconds", "nanos"), [(0, -1), (0, 10**9), (0, -(2**31)), (2**63 - 1, 0), (-(2**63), 0), (253402300800, 0)]
)
def test_an_instant_that_no_calendar_has_is_refused(seconds, nanos):
    with pytest.raises(NoSuchInstant):
        from_timestamp(Timestamp(seconds=seconds, nanos=nanos))


@given(LEADS)
def test_personal_data_leaves_masked_unless_revealed(lead):
    masked, revealed = lead_codec.to_message(lead), lead_codec.to_message(lead, revealed=True)
    assert (revealed.phone, revealed.email) == (lead.phone, lead.email)
    assert (masked.phone, masked.email) == (mask(lead.phone), mask(lead.email))


@given(st.text("0123456789+- ", min_size=4, max_size=20))
def test_a_mask_never_shows_more_than_seven_digits(phone):
    shown = [c for c in mask(phone) if c.isdigit()]
    assert len(shown) <= 7
    assert mask(phone).count("*") == 4


ACCOUNT = Account(UUID(int=1), "某某", UUID(int=2), None, datetime.now(UTC), datetime.now(UTC) + timedelta(days=1))
