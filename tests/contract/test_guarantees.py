"""docs/guarantees.md: every threat and every invariant stands there once, and what it says shows them exists."""

import ast
import importlib
import re
from functools import cache

import pytest

from deploy.local.protos import ROOT

TEXT = (ROOT / "docs" / "guarantees.md").read_text()
ROW = re.compile(r"^\| ([TI]\d+) \|(.*)\|$", re.MULTILINE)
ROWS = ROW.findall(TEXT)
EXPECTED = {"## Threats": [f"T{n}" for n in range(1, 31)], "## Invariants": [f"I{n}" for n in range(1, 24)]}
"""What stands under each heading. The second is written with the tests of faults."""
STANDING = [heading for heading in EXPECTED if heading in TEXT]
CELLS = re.compile(r"^make (chaos|chart|fuzz|bench|audit)( ONLY=[a-z0-9_,-]+)?$")


@cache
def names_in(path):
    """The names of the tests in a file; empty if there is none."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, functions))


def runs(command):
    """Whether there is such a target, and each cell after ONLY= in its matrix."""
    _, target, *only = command.split()
    made = re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    if not only or not made:
        return bool(made)
    known = {cell.name for cell in importlib.import_module(f"tests.{target}.matrix").CELLS}
    return set(only[0].removeprefix("ONLY=").split(",")) <= known


def missing(shown):
    """What a cell names that is not there."""
    found = []
    for name in re.findall(r"`([^`]+)`", shown):
        path, _, test = name.partition("::")
        if CELLS.match(name):
            if not runs(name):
                found.append(name)
        elif path.startswith("tests/"):
            if test not in names_in(path):
                found.append(name)
        elif not (ROOT / path).exists():
            found.append(name)
    return found


def test_threats_stand_in_the_document():
    assert "## Threats" in STANDING


@pytest.mark.parametrize("heading", STANDING)
def test_every_promise_has_one_row(heading):
    assert sorted(one for one, _ in ROWS if one[0] == heading[3]) == sorted(EXPECTED[heading])


@pytest.mark.parametrize(("promise", "rest"), ROWS, ids=[one for one, _ in ROWS])
def test_what_shows_a_promise_exists_or_it_says_why_nothing_does(promise, rest):
    cells = [cell.strip() for cell in rest.split(" | ")]
    assert len(cells) == 3, f"{promise} has {len(cells)} cells beside its id"
    assert all(cells)
    shown = cells[2]
    if shown.startswith("not tested: "):
        assert len(shown) > len("not tested: because")
        return
    assert "`" in shown, f"{promise} names no test"
    assert missing(shown) == []


def test_a_name_that_does_not_exist_is_found():
    assert missing("`tests/contract/test_guarantees.py::test_of_nothing`") != []
    assert missing("`tests/contract/nothing.py::test_threats_stand_in_the_document`") != []
    assert missing("`make nothing`, `services/kit/nothing.py`") != []
    assert missing("`make chaos ONLY=no-such-cell`") != []
    assert missing("`tests/contract/test_guarantees.py::test_threats_stand_in_the_document`, `make bench`") == []
