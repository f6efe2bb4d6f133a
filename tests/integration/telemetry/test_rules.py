"""The chart's alerting rules, checked and unit-tested by Prometheus's own tool, each with its page in the runbook."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.local.debian import NotToBeHad, program
from deploy.local.watch import rules

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
RUNBOOK = ROOT / "docs" / "runbook.md"


@pytest.fixture(scope="module")
def promtool():
    try:
        return program("prometheus", "promtool")
    except NotToBeHad as reason:
        pytest.skip(str(reason))


def alerts():
    """Every alert by its name."""
    found = [
        rule
        for file in rules.files()
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]
    return {rule["alert"]: rule for rule in found if "alert" in rule}


def sections():
    """What the runbook says of each alert."""
    _, *parts = re.split(r"^## (Dealtrail\w+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_rules_are_sound(promtool):
    command = [promtool, "check", "rules", "--lint=all", "--lint-fatal", *rules.files()]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("file", sorted((HERE / "rules").glob("*.yaml")), ids=lambda file: file.stem)
def test_alerts_begin_and_end_when_they_should(promtool, file, tmp_path):
    for one in (file, *rules.files()):
        shutil.copy(one, tmp_path)
    command = [promtool, "test", "rules", str(tmp_path / file.name)]
    tested = subprocess.run(command, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_is_unit_tested():
    said = "".join(file.read_text() for file in (HERE / "rules").glob("*.yaml"))
    assert [name for name in alerts() if name not in said] == []


def test_every_alert_has_its_page_in_the_runbook_and_every_page_its_alert():
    assert list(sections()) == list(alerts())


def test_every_page_says_what_it_means_how_to_look_and_what_to_do():
    for name, text in sections().items():
        assert re.findall(r"^\*\*(\w[\w ]*)\.\*\*", text, re.MULTILINE) == ["Means", "Look", "Do"], name


def test_every_alert_says_how_urgent_it_is_and_where_to_read():
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in ("page", "ticket"), name
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
        assert {"summary", "description"} <= rule["annotations"].keys()


@pytest.mark.parametrize(
    ("by", "text", "expected"),
    [
        (1, "rate(a[5m])\n        for: 2m\n", "rate(a[300000ms])\n        for: 120000ms\n"),
        (
            60,
            "rate(a[5m]) / rate(a[1h])\n        for: 15m\n",
            "rate(a[5000ms]) / rate(a[60000ms])\n        for: 15000ms\n",
        ),
    ],
)
def test_a_hurried_rule_has_all_its_times_shortened(by, text, expected):
    assert rules.hurried(text, by) == expected
