"""Modules come from one file at the next start, and never other than they are."""

import importlib
import inspect
import os
import shutil
import sys
from pathlib import Path

import pytest

from deploy.local import bundle

NAME = "parcel"
DAMAGES = {
    "empty": lambda _: b"",
    "other": lambda _: b"nothing of ours",
    "short": lambda kept: kept[:-20],
    "holes": lambda kept: kept.replace(b"\xe3", b"\x00"),
}


@pytest.fixture(autouse=True)
def bundles(tmp_path, monkeypatch):
    """Where bundles are kept, in a folder of the test's own."""
    folder = tmp_path / "bundles"
    folder.mkdir()
    monkeypatch.setattr(bundle, "FOLDER", folder)
    return folder


@pytest.fixture
def source(tmp_path, monkeypatch):
    """The package `parcel` with the module `parcel.one`, which can be imported."""
    folder = tmp_path / "modules" / NAME
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "one.py").write_text("from parcel.within import WORD\n\ndef value():\n    return 1\n")
    (folder / "within").mkdir()
    (folder / "within" / "__init__.py").write_text("WORD = 'within'\n")
    monkeypatch.syspath_prepend(folder.parent)
    yield folder
    forget()


def forget():
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]
    importlib.invalidate_caches()


def load():
    """The module as the next start would find it."""
    forget()
    with bundle.kept("parcels"):
        return importlib.import_module(f"{NAME}.one")


def came_from_bundle(module):
    return isinstance(module.__loader__, bundle.Loader)


def test_what_was_loaded_once_comes_from_the_bundle_and_is_the_same(source):
    before = load()
    assert not came_from_bundle(before)
    after = load()
    assert came_from_bundle(after)
    assert after.value() == 1
    for name in ("__name__", "__package__", "__file__", "__cached__"):
        assert getattr(after, name) == getattr(before, name)
    assert inspect.getsource(after.value) == "def value():\n    return 1\n"
    within = sys.modules[f"{NAME}.within"]
    assert came_from_bundle(within)
    assert within.__path__ == [str(source / "within")]


def test_without_a_change_nothing_is_kept_anew(source, bundles):
    load()
    (kept,) = bundles.iterdir()
    was = kept.stat()
    load()
    assert kept.stat().st_ino == was.st_ino


def test_a_module_that_was_changed_is_as_it_is_now(source):
    load()
    (source / "one.py").write_text("def value():\n    return 2\n\nMORE = True\n")
    changed = load()
    assert changed.value() == 2
    assert not came_from_bundle(changed)
    again = load()
    assert again.value() == 2
    assert came_from_bundle(again)


def test_a_change_that_keeps_the_length_is_seen(source):
    load()
    was = (source / "one.py").stat()
    (source / "one.py").write_text((source / "one.py").read_text().replace("return 1", "return 3"))
    os.utime(source / "one.py", ns=(was.st_atime_ns, was.st_mtime_ns + 2_000_000_000))
    assert load().value() == 3


def test_a_module_that_is_gone_is_not_found(source):
    load()
    (source / "one.py").unlink()
    with pytest.raises(ModuleNotFoundError):
        load()


def test_a_copy_elsewhere_is_loaded_from_there(source, tmp_path, monkeypatch):
    load()
    copy = shutil.copytree(source, tmp_path / "elsewhere" / NAME)
    monkeypatch.syspath_prepend(copy.parent)
    loaded = load()
    assert Path(loaded.__file__) == copy / "one.py"
    assert Path(loaded.value.__code__.co_filename) == copy / "one.py"


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_read_is_found_by_python(source, bundles, damage):
    load()
    (kept,) = bundles.iterdir()
    kept.write_bytes(DAMAGES[damage](kept.read_bytes()))
    assert load().value() == 1


def test_what_another_version_wrote_is_not_used(source, monkeypatch):
    load()
    monkeypatch.setattr(bundle, "MADE_BY", bundle.MADE_BY[::-1])
    assert not came_from_bundle(load())
    assert came_from_bundle(load())


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(source, bundles):
    bundles.rmdir()
    assert load().value() == 1


def test_afterwards_modules_are_found_as_ever_and_no_file_is_open(source, bundles):
    finders = list(sys.meta_path)
    load()
    again = load()
    assert came_from_bundle(again)
    assert sys.meta_path == finders
    assert str(bundles) not in Path("/proc/self/maps").read_text()
    assert again.__loader__.get_code(again.__name__) is not None
