"""gRPC is told which engine moves its bytes before it is loaded, and knows the words that it is told."""

import os
import subprocess
import sys

import pytest

from services.kit import ENGINE
from tests.contract.test_codecs import PROCESSES

LOADED = "import sys, {process}.__main__; at = list(sys.modules).index; print(at('services.kit') < at('grpc'))"


def python(code, **variables):
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | variables, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), done.stderr


@pytest.mark.parametrize("process", PROCESSES)
def test_each_process_chooses_the_engine_before_it_loads_grpc(process):
    assert python(LOADED.format(process=process))[0] == "True"


def test_this_version_of_grpc_knows_what_it_is_told_to_leave_out():
    said = [python("import grpc", GRPC_EXPERIMENTS=words)[1] for words in (ENGINE, "-unheard_of")]
    assert ["Unknown experiment" in one for one in said] == [False, True]
