"""What dataclasses and expressions compile is kept for the next start, and never in the way of what they are."""

import builtins
import collections
import dataclasses
import re
import typing
from collections import namedtuple
from dataclasses import dataclass
from re import _compiler

import pytest

from deploy.local import written


@pytest.fixture
def compiled(tmp_path, monkeypatch):
    """The texts that were compiled; what is kept lies in a folder of the test's own."""
    texts = []

    def noted(text, *rest, **named):
        texts.append(text)
        return compile(text, *rest, **named)

    monkeypatch.setattr(written, "FOLDER", tmp_path)
    monkeypatch.setattr(written, "compile", noted, raising=False)
    return texts


@pytest.fixture
def parsed(monkeypatch):
    """The expressions that were parsed."""
    texts, parse = [], _compiler._parser.parse

    def noted(text, *rest):
        texts.append(text)
        return parse(text, *rest)

    monkeypatch.setattr(_compiler._parser, "parse", noted)
    return texts


def load(name, **fields):
    with written.kept(name):
        return dataclass(frozen=True)(type("Point", (), {"__annotations__": fields}))


def test_what_was_compiled_once_is_not_compiled_again(compiled):
    load("one", x=int, y=int)
    assert compiled
    compiled.clear()
    again = load("one", x=int, y=int)
    assert not compiled
    assert again(1, 2) == again(x=1, y=2) != again(2, 1)
    assert repr(again(1, 2)) == "Point(x=1, y=2)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        again(1, 2).x = 3


def test_a_dataclass_that_has_changed_is_compiled_anew(compiled):
    load("one", x=int)
    assert load("one", x=int, z=int)(1, z=2).z == 2
    compiled.clear()
    assert load("one", x=int, z=int)(1, z=2).z == 2
    assert not compiled


def test_named_tuples_and_annotations_are_not_compiled_again_either(compiled, tmp_path):
    def made():
        with written.kept("one"):
            return namedtuple("Point", "x y"), typing.ForwardRef("Later")

    made()
    assert compiled
    compiled.clear()
    point, later = made()
    assert not compiled
    assert point(1, y=2) == (1, 2)
    assert later.__forward_code__.co_names == ("Later",)
    (kept,) = tmp_path.iterdir()
    assert b"Later" in kept.read_bytes()


def test_a_text_that_takes_turns_with_another_is_kept_beside_it(compiled):
    def made(first, second):
        with written.kept("one"):
            for number in range(99):
                namedtuple("Many", f"x{number}")
            namedtuple("Point", (first, second))

    made("x", "y")
    made("y", "x")
    compiled.clear()
    made("x", "y")
    assert not compiled


def test_what_is_not_used_any_more_is_forgotten(compiled, tmp_path):
    load("one", before=int)
    load("one", after=int)
    (kept,) = tmp_path.iterdir()
    assert b"after" in kept.read_bytes()
    assert b"before" not in kept.read_bytes()


@pytest.mark.parametrize("damage", [b"", b"not code at all", b"\xe9\x00\x00\x00\x00"])
def test_what_cannot_be_read_is_compiled(compiled, tmp_path, damage):
    load("one", x=int)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage)
    assert load("one", x=int)(7).x == 7
    compiled.clear()
    assert load("one", x=int)(7).x == 7
    assert not compiled


def expression(name, *parts):
    re.purge()
    with written.kept(name):
        return re.compile(*parts)


def test_an_expression_that_was_kept_is_not_parsed_again_and_is_the_same(compiled, parsed):
    text = r"(?P<number>[0-9]+)|(字)"
    fresh = expression("one", text, re.IGNORECASE)
    assert parsed == [text]
    again = expression("one", text, re.IGNORECASE)
    assert parsed == [text]
    assert again == fresh
    assert again.findall("字 42") == [("", "字"), ("42", "")]
    assert (again.groups, dict(again.groupindex)) == (2, {"number": 1})


def test_an_expression_with_other_flags_is_another(compiled):
    assert not expression("one", "a").match("A")
    assert expression("one", "a", re.IGNORECASE).match("A")
    assert not expression("one", "a").match("A")
    assert expression("one", b"a").match(b"a")


def test_afterwards_expressions_compile_as_ever(compiled, parsed):
    before = _compiler.compile, _compiler._sre
    expression("one", "a+")
    assert (_compiler.compile, _compiler._sre) == before
    parsed.clear()
    re.purge()
    assert re.compile("a+").match("aa")
    assert parsed == ["a+"]


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(compiled, tmp_path, monkeypatch):
    monkeypatch.setattr(written, "FOLDER", tmp_path / "missing")
    assert load("one", x=int)(7).x == 7


def test_afterwards_dataclasses_compile_as_ever(compiled):
    load("one", x=int)
    assert "exec" not in vars(dataclasses)
    assert "eval" not in vars(collections)
    assert "compile" not in vars(typing)
    assert builtins.exec is exec
