"""What dataclasses write and compile while modules are loaded, kept for the next start as Python keeps modules.

Each method of each dataclass is a text that is compiled: a quarter of the time in which a service is loaded.
"""

import dataclasses
import marshal
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType
from typing import Any

FOLDER = Path(__file__).with_name("__pycache__")


@contextmanager
def kept(name: str) -> Iterator[None]:
    """Whatever dataclasses are made here are made of what was compiled under the same name before."""
    file = FOLDER / f"{name}.{sys.implementation.cache_tag}.dataclasses"
    known: dict[str, CodeType] = {}
    with suppress(OSError, EOFError, ValueError, TypeError):
        read = marshal.loads(file.read_bytes())  # noqa: S302 - ours, as all that is compiled beside it
        known = read if isinstance(read, dict) else {}
    used: dict[str, CodeType] = {}

    def execute(text: str, scope: dict[str, Any], names: dict[str, Any]) -> None:
        used[text] = known.get(text) or compile(text, "<string>", "exec", dont_inherit=True)
        exec(used[text], scope, names)  # noqa: S102 - as dataclasses would

    own = vars(dataclasses)
    own["exec"] = execute  # found before the builtin of that name
    try:
        yield
    finally:
        del own["exec"]
    if used.keys() - known.keys():
        with suppress(OSError):
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(marshal.dumps(used))
            fresh.replace(file)
