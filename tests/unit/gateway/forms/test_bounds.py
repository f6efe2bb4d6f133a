"""How much the public may leave."""

from contextlib import AsyncExitStack

import pytest

from gateway.forms import bounds as bounds_module
from gateway.forms.bounds import AT_ONCE, Bounds, network
from gateway.refusals import RateExceeded


@pytest.mark.parametrize(
    ("address", "found"),
    [("203.0.113.7", "203.0.113"), ("2001:db8::/64", "2001:db8::/64"), ("local", "local")],
)
def test_addresses_of_one_network_count_together(address, found):
    assert network(address) == found


def test_a_phone_is_the_same_however_it_is_written():
    bounds = Bounds()
    for phone in ("13800138000", "+86 138 0013 8000", "138-0013-8000", "13800138000", "13800138000"):
        bounds.admit_phone("tenant", phone)
    with pytest.raises(RateExceeded):
        bounds.admit_phone("tenant", "138 00138000")
    bounds.admit_phone("another tenant", "13800138000")


def test_a_network_that_floods_one_form_leaves_others_alone():
    bounds = Bounds()
    for _ in range(100):
        bounds.admit("form", "203.0.113.9")
    with pytest.raises(RateExceeded):
        bounds.admit("form", "203.0.113.10")
    bounds.admit("form", "203.0.114.9")


async def test_a_place_is_waited_for_and_those_who_wait_too_long_come_again(monkeypatch):
    monkeypatch.setattr(bounds_module, "WAIT_SECONDS", 0.05)
    bounds = Bounds()
    async with AsyncExitStack() as held:
        for _ in range(AT_ONCE):
            await held.enter_async_context(bounds.place())
        with pytest.raises(RateExceeded):
            await bounds.place().__aenter__()
    async with bounds.place():
        pass
