"""Secrets of one home: a key that is lost takes with it what was sealed below it."""

import os
from pathlib import Path

from deploy.local import keys


def test_a_secret_is_on_the_disk_before_it_bears_its_name_and_its_name_is_before_anybody_uses_it(tmp_path, monkeypatch):
    path, seen = tmp_path / "secrets" / "one", []
    fsync = os.fsync

    def watched(handle):
        synced = Path(f"/proc/self/fd/{handle}").readlink()
        seen.append((synced.read_text() if synced.is_file() else synced, path.exists()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    assert keys.secret(path.parent, path.name) == path.read_text().strip()
    assert seen == [(path.read_text(), False), (path.parent, True)]
