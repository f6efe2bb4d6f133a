"""`make audit`: whether all packages are pinned and hashed, under licences that we may ship, and without known holes.

Advisories are asked of OSV in one request. Where nobody answers, that is said and the exit code is 3: what was
not checked must not look like what was found good. DEALTRAIL_OSV_URL names a mirror.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OSV = "https://api.osv.dev"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)")
FREE = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|Zlib|CC0|PostgreSQL"
    r"|Public Domain)\b",
    re.IGNORECASE,
)
SEEN_TO: Mapping[str, str] = {"promql-parser": "MIT"}
"""Packages whose metadata names no licence of the kinds above, and which one a person found in their files."""
FOUND, UNCHECKED = 1, 3


def locked(text: str) -> dict[str, str]:
    """The version of each package in a lock file."""
    return {_name(found[1]): found[2] for line in text.splitlines() if (found := PIN.match(line))}


def unlocked(wanted: str, text: str) -> Iterator[str]:
    """What is wrong with the lock: packages without a hash, lines that pin nothing, wishes that it does not meet."""
    entries = re.split(r"\n(?=\S)", text.strip())
    for entry in entries:
        first = entry.splitlines()[0]
        if first.startswith("#"):
            continue
        if not PIN.match(first):
            yield f"{first}: is not pinned"
        elif "--hash=sha256:" not in entry:
            yield f"{first}: has no hash"
    known = locked(text)
    for line in wanted.splitlines():
        if (name := re.match(r"[A-Za-z0-9._-]+", line)) and _name(name[0]) not in known:
            yield f"{line}: is not in the lock; run `make relock`"


def unfree(names: Iterable[str]) -> Iterator[str]:
    """Installed packages under no licence that we know to be free enough."""
    for package in names:
        try:
            told = metadata(package)
        except PackageNotFoundError:
            continue  # for another platform
        given = [one for name in ("License-Expression", "Classifier", "License") for one in told.get_all(name) or ()]
        words = [str(one)[:200] for one in given]
        text = " ".join(word for word in words if not word.startswith("Programming"))
        if not FREE.search(text) and package not in SEEN_TO:
            yield f"{package}: no licence that we know"


def advisories(packages: Mapping[str, str], url: str) -> Iterator[str]:
    """Known holes in these versions. Raises OSError if nobody answers, ValueError if it is no answer."""
    asked = [{"package": {"ecosystem": "PyPI", "name": name}, "version": one} for name, one in packages.items()]
    request = urllib.request.Request(  # noqa: S310 - the address is the operator's
        f"{url}/v1/querybatch", json.dumps({"queries": asked}).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - an https address of ours
        results: list[dict[str, Any]] = json.load(answer)["results"]
    if len(results) != len(packages):
        raise ValueError(f"{len(results)} results for {len(packages)} packages")
    for (name, version), result in zip(packages.items(), results, strict=True):
        for hole in result.get("vulns", ()):
            yield f"{name} {version}: {hole['id']}, see https://osv.dev/{hole['id']}"


def main() -> int:
    """Say what is wrong; 0 if nothing is, 1 if something is, 3 if advisories could not be asked."""
    lock = (ROOT / "requirements.txt").read_text()
    packages = locked(lock)
    faults = [*unlocked((ROOT / "requirements.in").read_text(), lock), *unfree(packages)]
    url, unchecked = os.environ.get("DEALTRAIL_OSV_URL", OSV), ""
    try:
        faults += advisories(packages, url)
    except (OSError, ValueError, KeyError) as error:
        unchecked = f"NOT CHECKED for known holes: {url} did not answer ({error})"
    for fault in faults:
        print(fault)
    if unchecked:
        print(unchecked)
    elif not faults:
        print(f"{len(packages)} packages: pinned, hashed, free, and without known holes")
    return FOUND if faults else UNCHECKED if unchecked else 0


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


if __name__ == "__main__":
    sys.exit(main())
