"""What dataclasses and expressions compile is kept for the next start, and never in the way of what they are."""

import builtins
import dataclasses
import re
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
    assert builtins.exec is exec
