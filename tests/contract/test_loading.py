"""What a process waits for when it starts: nothing that only migrations, pages or few of its calls need."""

import subprocess
import sys

import pytest

LATE = {
    "alembic": "migrations",
    "fastapi": "pages that no route of the contract answers",
    "opentelemetry.sdk": "spans",
    "openpyxl": "imports of workbooks",
    "phonenumbers": "numbers of people",
    "pypinyin": "names of people",
    "requests": "spans that leave the process",
}
"""Packages that are loaded when they are needed first, and what for: together they take longer than all the rest."""
PROCESSES = ("leads", "opportunities", "contracts", "timeline", "analytics")


@pytest.mark.parametrize("modules", [[f"services.{name}.__main__" for name in PROCESSES], ["gateway.__main__"]])
def test_a_process_loads_nothing_that_it_does_not_need_to_serve(modules):
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert LATE.keys() & set(said.split()) == set()


def test_routes_are_known_before_the_messages_of_the_contract_are_loaded():
    code = """
import sys
from gateway import contract
from gateway.routes import Table

assert Table(contract.methods()).routes
print(*(module for module in sys.modules if module.startswith("wire.") and module.endswith("_pb")))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == []


def test_what_exports_spans_is_loaded_with_the_first_of_them():
    code = """
import os, sys
from services.kit import telemetry

os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
telemetry.configure("leads", 1)
with telemetry.hop("GET /readyz", None, probe=True):
    print("opentelemetry.sdk" in sys.modules)
with telemetry.hop("GET /v1/leads", None):
    print("opentelemetry.sdk" in sys.modules, telemetry.recording(), flush=True)
os._exit(0)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "True", "True"]


@pytest.mark.parametrize("command", ["chaos", "fuzz", "bench"])
def test_what_make_runs_beside_the_tests_can_be_loaded_by_itself(command):
    subprocess.run([sys.executable, "-c", f"import tests.{command}.__main__"], check=True)
