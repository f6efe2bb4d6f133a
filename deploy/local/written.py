"""What is compiled from texts while modules are loaded, kept for the next start as Python keeps modules.

Each method of each dataclass is a text that is compiled: a quarter of the time in which a service is loaded. Regular
expressions take a twelfth of the time in which what all processes share is loaded; named tuples and annotations that
are texts are compiled, too.
"""

import collections
import dataclasses
import marshal
import os
import sys
import typing
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined] # nobody else can say what a pattern was compiled to
from types import SimpleNamespace
from typing import Any

FOLDER = Path(__file__).with_name("__pycache__")

Compiled = dict[Any, Any]
"""What was made of a text and what kind of text it is, or of a pattern and its flags."""

MOST_UNUSED = 1.1
"""So many times what is used is kept at most; beyond it, what is not used now is forgotten."""


@contextmanager
def kept(name: str) -> Iterator[None]:
    """What texts and regular expressions become here is made of what was compiled under the same name."""
    file = FOLDER / f"{name}.{sys.implementation.cache_tag}.written"
    known: Compiled = {}
    with suppress(OSError, EOFError, ValueError, TypeError):
        read = marshal.loads(file.read_bytes())  # noqa: S302 - ours, as all that is compiled beside it
        known = read if isinstance(read, dict) else {}
    used: Compiled = {}
    with _texts(known, used), _expressions(known, used):
        yield
    if used.keys() - known.keys():
        if len(both := known | used) < MOST_UNUSED * len(used):
            used = both  # a few texts are in another order at each start
        with suppress(OSError):
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(marshal.dumps(used))
            fresh.replace(file)


@contextmanager
def _texts(known: Compiled, used: Compiled) -> Iterator[None]:
    def code(text: str, name: str = "<string>", kind: str = "exec") -> Any:
        key = text, kind
        made = used[key] = known.get(key) or compile(text, name, kind, dont_inherit=True)
        return made

    def execute(text: str, scope: dict[str, Any], names: dict[str, Any]) -> None:
        exec(code(text), scope, names)  # noqa: S102 - as dataclasses would

    def evaluate(text: str, scope: dict[str, Any]) -> Any:
        return eval(code(text, kind="eval"), scope)  # noqa: S307 - as named tuples would

    hooks: tuple[tuple[Any, str, Any], ...]
    hooks = (dataclasses, "exec", execute), (collections, "eval", evaluate), (typing, "compile", code)
    for module, name, hook in hooks:
        setattr(module, name, hook)  # found before the builtin of that name
    try:
        yield
    finally:
        for module, name, _ in hooks:
            delattr(module, name)


@contextmanager
def _expressions(known: Compiled, used: Compiled) -> Iterator[None]:
    engine, compiled = _compiler._sre, _compiler.compile
    programs: Compiled = {}

    def remember(pattern: Any, flags: int, code: list[int], *groups: Any) -> Any:
        programs[pattern] = (flags, [int(word) for word in code], *groups)  # some are of a kind that is not kept
        return engine.compile(pattern, flags, code, *groups)

    def make(pattern: Any, flags: int = 0) -> Any:
        if type(pattern) not in (str, bytes):  # one that was parsed elsewhere
            return compiled(pattern, flags)
        if program := known.get((pattern, flags)):
            made = engine.compile(pattern, *program)
        else:
            made = compiled(pattern, flags)
            program = programs.pop(pattern)
        used[pattern, flags] = program
        return made

    _compiler._sre = SimpleNamespace(**vars(engine) | {"compile": remember})
    _compiler.compile = make
    try:
        yield
    finally:
        _compiler._sre, _compiler.compile = engine, compiled
