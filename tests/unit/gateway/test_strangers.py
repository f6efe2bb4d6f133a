"""Whoever fails to prove who they are is counted by address, and an address is what our own proxies say."""

import pytest

from gateway.limits import Rate
from gateway.refusals import RateExceeded
from gateway.strangers import Strangers, networks


def scope(address, *forwarded):
    return {"client": (address, 1), "headers": [(b"x-forwarded-for", one.encode()) for one in forwarded]}


def strangers(proxies="", failures=2):
    return Strangers(Rate(100, 100), Rate(0.01, failures), networks(proxies))


def test_too_many_failures_of_one_address_close_the_door_for_it_alone():
    door = strangers()
    for _ in range(2):
        door.admit(scope("192.0.2.1"))
        door.failed(scope("192.0.2.1"))
    with pytest.raises(RateExceeded):
        door.failed(scope("192.0.2.1"))
    with pytest.raises(RateExceeded):
        door.admit(scope("192.0.2.1"))
    assert door.admit(scope("192.0.2.2")) == "192.0.2.2"


def test_whoever_does_not_fail_is_not_counted_as_failing():
    door = strangers(failures=1)
    for _ in range(50):
        door.admit(scope("192.0.2.1"))


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("198.51.100.7", ("192.0.2.1",), "198.51.100.7"),
        ("10.0.0.9", ("192.0.2.1",), "192.0.2.1"),
        ("10.0.0.9", ("192.0.2.66, 192.0.2.1",), "192.0.2.1"),
        ("10.0.0.9", ("192.0.2.66, 192.0.2.1, 10.0.0.8",), "192.0.2.1"),
        ("10.0.0.9", ("192.0.2.66", "192.0.2.1"), "192.0.2.1"),
        ("10.0.0.9", (), "10.0.0.9"),
        ("10.0.0.9", ("nonsense",), "nonsense"),
        ("2001:db8:1:2:3::4", (), "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", (), "192.0.2.1"),
    ],
)
def test_an_address_is_believed_of_our_own_proxies_only(client, forwarded, address):
    assert strangers("10.0.0.0/8").address(scope(client, *forwarded)) == address
