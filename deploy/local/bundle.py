"""The code of many modules in one file, for the next start, which need not find and open each of them.

Only modules within packages come from it, and each only while its source is as it was; Python finds all others.
"""

import importlib.util
import marshal
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec, SourceFileLoader
from mmap import ACCESS_READ, mmap
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

FOLDER = Path(__file__).with_name("__pycache__")
MADE_BY = repr((importlib.util.MAGIC_NUMBER, sys.flags.optimize, Path(__file__).stat().st_mtime_ns)).encode()
"""What another Python or another version of this module wrote is of no use. After it come the codes, where each of
them is, and how long that table is.
"""
LENGTH = 8
UNREADABLE = (OSError, EOFError, ValueError, TypeError)


class Entry(NamedTuple):
    """Where the source of a module lies, when it was changed and how long it was; and where in the file its code is."""

    source: str
    mtime_ns: int
    size: int
    begin: int
    end: int

    def holds(self) -> bool:
        """Whether the source is what it was."""
        with suppress(OSError):
            now = os.stat(self.source)  # noqa: PTH116 - a Path for each module takes longer than this
            return (now.st_mtime_ns, now.st_size) == (self.mtime_ns, self.size)
        return False


class Bundle:
    """The modules of one file, until it is closed."""

    def __init__(self, file: Path) -> None:
        self.index: dict[str, tuple[str, int, int, int, int]] = {}
        self._bytes = memoryview(b"")
        with suppress(*UNREADABLE), file.open("rb") as opened:
            self._bytes = memoryview(mmap(opened.fileno(), 0, access=ACCESS_READ))
            if self._bytes[: len(MADE_BY)] == MADE_BY:
                table = self._bytes[-LENGTH - int.from_bytes(self._bytes[-LENGTH:], "big") : -LENGTH]
                self.index = dict(marshal.loads(table))  # noqa: S302 - ours, as what lies beside it

    def find_spec(self, name: str, path: Sequence[str] | None, _: ModuleType | None = None, /) -> ModuleSpec | None:
        """The module, if its code is here and its source is what it was."""
        if name not in self.index or path is None or len(path) != 1:
            return None
        entry = Entry(*self.index[name])
        folder = f"{path[0]}/{name.rpartition('.')[2]}"
        package = entry.source == f"{folder}/__init__.py"
        if not (package or entry.source == f"{folder}.py") or not entry.holds():
            return None
        loader, places = Loader(name, entry.source, self), [folder] if package else None
        return importlib.util.spec_from_file_location(name, loader=loader, submodule_search_locations=places)

    def code(self, name: str) -> CodeType | None:
        """The code of a module; None if there is none that can be read."""
        with suppress(*UNREADABLE, KeyError):
            entry = Entry(*self.index[name])
            made: CodeType = marshal.loads(self._bytes[entry.begin : entry.end])  # noqa: S302 - ours
            return made
        return None

    def close(self) -> None:
        """Let go of the file."""
        self.index, self._bytes = {}, memoryview(b"")


class Loader(SourceFileLoader):
    """As Python's own, but for where the code comes from."""

    def __init__(self, name: str, source: str, bundle: Bundle) -> None:
        super().__init__(name, source)
        self._bundle = bundle

    def get_code(self, fullname: str) -> CodeType | None:
        """What is in the bundle; what Python finds where that is closed or damaged."""
        return self._bundle.code(fullname) or super().get_code(fullname)


@contextmanager
def kept(name: str) -> Iterator[None]:
    """Modules that are loaded here come from what was kept under the same name."""
    file = FOLDER / f"{name}.{sys.implementation.cache_tag}.bundle"
    before = set(sys.modules)
    bundle = Bundle(file)
    sys.meta_path.insert(0, bundle)
    try:
        yield
        loaded = [spec for name, module in sys.modules.items() if name not in before and (spec := _bundled(module))]
        if not all(_known(spec, bundle) for spec in loaded):
            with suppress(*UNREADABLE, SyntaxError):  # as for a source that is being written
                _keep(file, loaded)
    finally:
        sys.meta_path.remove(bundle)
        bundle.close()


def _bundled(module: ModuleType) -> ModuleSpec | None:
    """What was found of a module, if it may be kept."""
    spec: ModuleSpec | None = vars(module).get("__spec__") if isinstance(module, ModuleType) else None
    return spec if spec and isinstance(spec.loader, SourceFileLoader) and "." in spec.name else None


def _known(spec: ModuleSpec, bundle: Bundle) -> bool:
    """Whether the module is in a bundle as it is."""
    return isinstance(spec.loader, Loader) or (spec.name in bundle.index and Entry(*bundle.index[spec.name]).holds())


def _keep(file: Path, loaded: Iterable[ModuleSpec]) -> None:
    """Write them one by one: what is held here all at once, all processes that are forked afterwards hold, too."""
    index: dict[str, tuple[str, int, int, int, int]] = {}
    fresh = file.with_suffix(f".{os.getpid()}")
    with fresh.open("wb") as bundle:
        bundle.write(MADE_BY)
        for spec in loaded:
            source, begin = str(spec.origin), bundle.tell()
            was = Path(source).stat()  # first: a source that is changed now is another one the next time
            bundle.write(marshal.dumps(SourceFileLoader(spec.name, source).get_code(spec.name)))
            index[spec.name] = source, was.st_mtime_ns, was.st_size, begin, bundle.tell()
        table = marshal.dumps(index)
        bundle.write(table + len(table).to_bytes(LENGTH, "big"))
    fresh.replace(file)
