"""How alike two distributions are, and what follows for the mix of channels."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.personas.domain import (
    Advice,
    Counted,
    Persona,
    divergence,
    gather,
    mean,
    rank,
    shown,
    similarity,
)

counts = st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 10**6), min_size=1)


@given(counts, counts)
def test_a_divergence_lies_between_0_and_1_and_is_symmetric(one, other):
    found = divergence(one, other)
    assert 0 <= found <= 1
    assert found == divergence(other, one)


@given(counts, st.integers(1, 1000))
def test_equal_distributions_are_wholly_similar_however_many_were_counted(one, times):
    more = {value: count * times for value, count in one.items()}
    assert similarity(one, more, 1) == pytest.approx(1, abs=1e-12)


@given(counts, counts)
def test_only_equal_distributions_are_wholly_similar(one, other):
    shares = [{value: count / sum(of.values()) for value, count in of.items()} for of in (one, other)]
    differ = max(abs(shares[0].get(value, 0) - shares[1].get(value, 0)) for value in "ABCDE")
    assert (divergence(one, other) < 1e-12) <= (differ < 1e-5)
    assert divergence(one, other) >= differ**2 / 8  # Pinsker's inequality leaves more than that


@given(counts, counts)
def test_the_order_of_counting_does_not_show(one, other):
    turned = [dict(reversed(of.items())) for of in (one, other)]
    assert divergence(one, other) == divergence(*turned)


def test_nothing_in_common_is_no_similarity():
    assert similarity({"18-20": 40}, {"20-25": 40}, 30) == 0


def test_the_divergence_is_to_base_2():
    # m = (3/4, 1/4): ½·1·log₂(4/3) + ½·(½·log₂(2/3) + ½·log₂ 2)
    assert isclose(divergence({"A": 10}, {"A": 5, "B": 5}), 0.3112781244591328)


def test_below_the_smallest_sample_there_is_no_similarity():
    assert similarity({"A": 30}, {"A": 29}, 30) is None
    assert similarity({"A": 29}, {"A": 30}, 30) is None
    assert similarity({"A": 30}, {"A": 30}, 30) == 1
    assert similarity({}, {}, 0) is None


def test_weights_pull_the_mean_and_0_leaves_an_attribute_out():
    told = {"age": 0.2, "education": 0.8, "city": None}
    assert mean(told, {}) == pytest.approx(0.5)
    assert mean(told, {"education": 3}) == pytest.approx(0.65)
    assert mean(told, {"age": 0}) == pytest.approx(0.8)
    assert mean(told, {"age": 0, "education": 0}) is None
    assert mean({"city": None}, {}) is None


def counted(channel, leads, signed):
    yield Counted(channel, "", "", sum(leads.values()), sum(signed.values()))
    for value in leads:
        yield Counted(channel, "education", value, leads[value], signed.get(value, 0))


def test_channels_whose_leads_are_like_those_who_sign_come_first_and_should_grow():
    channels, _ = gather(
        [
            *counted("网站", {"大专": 80, "大本": 20}, {"大本": 20}),
            *counted("展会", {"大专": 20, "大本": 80}, {"大专": 10, "大本": 40}),
            *counted("转介绍", {"大本": 9}, {"大本": 3}),
        ]
    )
    first, second, last = rank(channels.values(), {}, 10)
    assert (first.channel, first.similarity, first.share, first.advice) == ("展会", 1, 0.5, Advice.MORE)
    assert (second.channel, second.share, second.advice) == ("网站", 0.5, Advice.LESS)
    assert sum(one.suggested or 0 for one in (first, second)) == pytest.approx(1)
    assert (last.channel, last.similarity, last.share) == ("转介绍", None, None)
    assert (last.suggested, last.advice) == (None, None)


def test_a_channel_alone_gets_no_advice():
    [alone] = rank(gather(counted("网站", {"大专": 50}, {"大专": 50}))[0].values(), {}, 10)
    assert (alone.share, alone.advice) == (1, None)


def test_channels_that_are_alike_are_kept():
    both = [*counted("a", {"大专": 50}, {"大专": 50}), *counted("b", {"大专": 70}, {"大专": 30})]
    assert [one.advice for one in rank(gather(both)[0].values(), {}, 10)] == [Advice.KEEP, Advice.KEEP]


def test_few_are_told_of_together_only():
    leads, signed = {"大专": 60, "大本": 30, "硕士": 4, "博士": 1}, {"大专": 33, "大本": 4, "硕士": 1}
    assert shown(leads, signed, 30) == [("大专", 60, 33), ("大本", 30, None), ("", 5, None)]
    assert shown(leads, {"大专": 20}, 30) == [("大专", 60, None), ("大本", 30, None), ("", 5, None)]
    assert shown({"大专": 29}, {}, 30) == []


def test_leads_of_one_channel_are_held_against_signed_of_another():
    ours, theirs = Persona("网站"), Persona("展会")
    for one in counted("网站", {"大专": 40}, {}):
        ours.add(one)
    for one in counted("展会", {"大本": 40, "大专": 0}, {"大本": 40}):
        theirs.add(one)
    assert ours.similarities(theirs, 30) == {"education": 0}
    assert theirs.similarities(ours, 30) == {"education": None}
