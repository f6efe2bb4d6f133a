"""Programs of Debian packages without installing them: fetched and unpacked once by apt's own client."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dealtrail" / "debian"


class NotToBeHad(Exception):
    """There is no such program here; the text says why."""


def program(package: str, name: str) -> Path:
    """The program `name`: the machine's own, or that of the Debian package. Refused: NotToBeHad."""
    if own := shutil.which(name):
        return Path(own)
    unpacked = CACHE / package / "usr" / "bin" / name
    if not unpacked.exists():
        _unpack(package)
    if not unpacked.exists():
        raise NotToBeHad(f"the Debian package {package} has no {name}")
    return unpacked


def _unpack(package: str) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise NotToBeHad(f"{package} is not installed, and this is not Debian")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        if not _fetched(package, Path(folder)):
            # A new machine knows of no packages; only root may tell it.
            _run("apt-get", "update")
            if not _fetched(package, Path(folder)):
                raise NotToBeHad(f"apt-get does not bring {package}")
        [archive] = Path(folder).glob("*.deb")
        content = Path(folder) / "content"
        _run("dpkg-deb", "-x", str(archive), str(content))
        shutil.rmtree(CACHE / package, ignore_errors=True)
        content.rename(CACHE / package)


def _fetched(package: str, folder: Path) -> bool:
    return _run("apt-get", "download", package, cwd=folder)


def _run(*command: str, cwd: Path | None = None) -> bool:
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False).returncode == 0
