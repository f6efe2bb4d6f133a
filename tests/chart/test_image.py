"""What the image is made of fits what runs in it."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.chart.helm import ROOT

OURS = {"services", "gateway", "dealtrail", "wire", "buf", "deploy"}


def locked(path: Path) -> dict[str, str]:
    """Each package of a lock and its version."""
    lines = (line.split(" ")[0] for line in path.read_text().splitlines() if line[:1].isalnum())
    return dict(line.split("==") for line in lines)


def imported() -> set[str]:
    """Packages of others that services and gateway import anywhere."""
    found = set()
    for folder in ("services", "gateway"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    found.add(node.module)
    return {name for name in found if name.partition(".")[0] not in OURS | set(sys.stdlib_module_names)}


def test_the_image_has_all_that_the_code_imports():
    names = locked(ROOT / "deploy" / "requirements.txt")
    known = packages_distributions()
    for module in imported():
        homes = {home.lower().replace("_", "-") for home in known[module.partition(".")[0]]}
        assert homes & set(names), f"{module} comes with {homes}, which the image does not install"


def test_the_image_runs_the_versions_that_the_tests_ran():
    tested = locked(ROOT / "requirements.txt")
    for name in ("requirements.txt", "build-requirements.txt"):
        for package, version in locked(ROOT / "deploy" / name).items():
            assert tested[package] == version, f"{package} in deploy/{name}: make relock"


def test_every_package_of_the_image_is_named_with_its_hash():
    for name in ("requirements.txt", "build-requirements.txt"):
        text = (ROOT / "deploy" / name).read_text()
        entries = [block for block in text.split("\n") if block[:1].isalnum()]
        assert all(line.endswith("\\") for line in entries), name
        assert "://" not in text


def test_the_image_says_who_runs_it_and_what():
    lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM"))
    assert "USER 65532:65532" in lines[last:]
    assert not any(line.startswith(("ADD", "RUN")) for line in lines[last:])
