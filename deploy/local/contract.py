"""`make lint`'s judgement of the contract: buf's lint rules, and no breaking change against the main branch."""

import io
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from deploy.local.protos import GEN, IMAGE, ROOT, write_image

BUF = Path(sysconfig.get_path("scripts")) / "buf"
# The image holds google's files too; only ours are judged.
OURS = ("--path", "dealtrail")


def main() -> None:
    """Exit with 1 if a rule is broken; the findings stand on standard output."""
    image = GEN / IMAGE
    sound = lint(image)
    with tempfile.TemporaryDirectory() as folder:
        sound = unbroken(image, Path(folder)) and sound
    sys.exit(not sound)


def lint(image: Path) -> bool:
    """Whether the image obeys the rules in buf.yaml."""
    return _buf("lint", str(image), *OURS)


def unbroken(image: Path, folder: Path) -> bool:
    """Whether clients of the main branch's contract can talk to this one; `folder` takes its sources."""
    base = next((ref for ref in ("origin/main", "main") if _git("cat-file", "-e", f"{ref}:proto") is not None), None)
    archive = _git("archive", "--format=zip", base, "proto") if base else None
    if archive is None:
        print("buf breaking: skipped, no main branch here has a contract yet")
        return True
    with zipfile.ZipFile(io.BytesIO(archive)) as sources:
        sources.extractall(folder)
    before = folder / IMAGE
    write_image(folder / "proto", before)
    return compatible(image, before)


def compatible(image: Path, before: Path) -> bool:
    """Whether what was built for the contract `before` still works with `image`."""
    return _buf("breaking", str(image), "--against", str(before), *OURS)


def _buf(*arguments: str) -> bool:
    return subprocess.run([BUF, *arguments], cwd=ROOT, check=False).returncode == 0


def _git(*arguments: str) -> bytes | None:
    """What git says, or None if it refuses, for example outside a repository."""
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S607 - whichever git there is
    except (OSError, subprocess.CalledProcessError):
        return None


if __name__ == "__main__":
    main()
