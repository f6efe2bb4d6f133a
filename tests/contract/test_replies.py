"""A read answers the same, be it told as a message or as the JSON of that message."""

import dataclasses
import gc
import importlib
import json
import typing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway import contract
from services.kit import replies
from services.kit.codec import Codec
from services.kit.errors import Problem
from services.kit.money import Money
from tests.contract.test_codecs import PROCESSES

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
PLACES = st.sampled_from([1, 1000, 1_000_000])
INSTANTS = st.builds(
    lambda seconds, micros, places: (
        datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=micros // places * places)
    ),
    st.integers(-2_000_000_000, 4_000_000_000),
    st.integers(0, 999_999),
    PLACES,
)
AMOUNTS = st.decimals(-(10**12), 10**12, places=2)
st.register_type_strategy(str, TEXTS)
st.register_type_strategy(int, st.integers(0, 2**31 - 1))
st.register_type_strategy(float, st.integers(0, 1000).map(lambda n: n / 8))
st.register_type_strategy(datetime, INSTANTS)
st.register_type_strategy(Decimal, AMOUNTS)
st.register_type_strategy(Money, st.builds(Money, AMOUNTS, st.sampled_from(["CNY", "USD"])))


def of(codec, process):
    return codec.cls.__module__.startswith(process)


def told(codec):
    """The gateway's class of the codec's message."""
    name = codec.message.DESCRIPTOR.full_name
    return next(one for file in contract.files() for one in messages(file.messages) if one.type_name == name).type


def messages(found):
    for one in found:
        yield one
        yield from messages(one.nested_messages)


@pytest.mark.parametrize("process", PROCESSES)
def test_the_json_of_a_row_is_that_of_its_message(process):
    importlib.import_module(f"{process}.__main__")
    found = [one for one in gc.get_objects() if isinstance(one, Codec) and one.message and of(one, process)]
    assert found
    for codec in found:
        same(codec)


def anything(hint):
    return st.just({}) if "typing.Any" in str(hint) else st.from_type(hint)


def same(codec):
    shape, hints = told(codec), typing.get_type_hints(codec.cls)
    fields = {field.name: anything(hints[field.name]) for field in dataclasses.fields(codec.cls) if field.init}

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries(fields))
    def one(values):
        try:
            row = codec.to_row(codec.cls(**values))
            message = codec.row_to_message(row)
        except (Problem, ValueError, TypeError):
            assume(False)  # no such thing can be
        by_message = shape.from_binary(message.SerializeToString()).to_json(always_emit_implicit=True)
        assert json.loads(replies.written(codec.row_to_json(row))) == json.loads(by_message), codec.cls

    one()
