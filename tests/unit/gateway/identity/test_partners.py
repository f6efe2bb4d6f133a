"""Which keys of a partner are good."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from gateway.identity.partners.domain import NAME, PartnerKey, superseded

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def key(number, ended=False):
    made = NOW + timedelta(days=number)
    return PartnerKey(UUID(int=number), UUID(int=0), f"U{number}", "", made, made if ended else None)


def test_the_newest_keys_stay_and_older_ones_end():
    keys = [key(3), key(1), key(2)]
    assert superseded(keys, kept=2) == [key(1)]
    assert superseded(keys, kept=1) == [key(1), key(2)]
    assert superseded(keys, kept=0) == [key(1), key(2), key(3)]


def test_what_has_ended_neither_counts_nor_ends_again():
    assert superseded([key(1, ended=True), key(2), key(3)], kept=2) == []


def test_names_are_such_as_the_broker_takes():
    assert [name for name in ("acme", "a1", "a-b-c") if not NAME.fullmatch(name)] == []
    assert [name for name in ("a", "A", "a.b", "a*", "a b", "a_b", "-a", "a-", "a" * 40) if NAME.fullmatch(name)] == []
