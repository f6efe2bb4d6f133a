"""Which script is used follows from order size and class alone, and is explained."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.money import Money
from services.leads.call_scripts.domain import (
    GENERAL,
    CallScript,
    CurrenciesDiffer,
    ScriptFinding,
    ScriptSection,
    SizeBackwards,
    choose,
)

SAID = (ScriptSection("开场白", "您好"),)


def cny(amount):
    return Money(Decimal(amount), "CNY")


def script(code, **rule):
    return CallScript(code, code, SAID, version=1, **rule)


LARGE = script("LARGE", priority=1, from_amount=cny(100_000), quintiles=[1, 2])
SMALL = script("SMALL", priority=2, below_amount=cny(100_000))
MONEY = st.one_of(st.none(), st.builds(Money, st.integers(0, 400_000).map(Decimal), st.sampled_from(["CNY", "USD"])))
SCRIPTS = st.lists(
    st.builds(
        CallScript,
        code=st.text("ABC", min_size=1, max_size=3),
        label=st.just("x"),
        sections=st.just(SAID),
        priority=st.integers(1, 3),
        from_amount=MONEY,
        below_amount=MONEY,
        quintiles=st.lists(st.integers(0, 5), max_size=3),
        active=st.booleans(),
        version=st.just(1),
    ),
    unique_by=lambda one: one.code,
)


@given(SCRIPTS, MONEY, st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_first_active_script_that_fits_is_chosen_whatever_the_order(scripts, amount, quintile, random):
    found, findings = choose(scripts, amount, quintile)
    shuffled = list(scripts)
    random.shuffle(shuffled)
    assert choose(shuffled, amount, quintile) == (found, findings)
    assert found.active
    assert [one.size_fits and one.class_fits for one in findings] == [False] * (len(findings) - 1) + [True]
    assert (findings[-1].code, findings[-1].version) == (found.code, found.version)
    before = [one for one in scripts if one.active and (one.priority, one.code) < (found.priority, found.code)]
    assert len(before) == len(findings) - 1


@pytest.mark.parametrize(
    ("amount", "quintile", "code"),
    [
        (cny(100_000), 1, "LARGE"),
        (cny(100_000), 3, "GENERAL"),
        (cny("99999.99"), 1, "SMALL"),
        (None, 1, "GENERAL"),
        (Money(Decimal(1), "USD"), 0, "GENERAL"),
    ],
)
def test_a_script_is_used_from_its_smallest_order_on_and_below_its_largest(amount, quintile, code):
    assert choose([SMALL, LARGE], amount, quintile)[0].code == code


def test_each_script_that_was_tried_says_what_did_not_fit():
    _, findings = choose([SMALL, LARGE], cny(200_000), 4)
    assert findings == (
        ScriptFinding("LARGE", 1, size_fits=True, class_fits=False),
        ScriptFinding("SMALL", 1, size_fits=False, class_fits=True),
        ScriptFinding("GENERAL", 0, size_fits=True, class_fits=True),
    )


def test_a_range_that_no_order_is_in_is_refused():
    for below in (cny(5), cny(4)):
        with pytest.raises(SizeBackwards):
            script("NONE", from_amount=cny(5), below_amount=below).check()
    with pytest.raises(CurrenciesDiffer):
        script("MIXED", from_amount=cny(5), below_amount=Money(Decimal(9), "USD")).check()
    GENERAL.check()
