"""Logs are JSON, one object a line, under the trace of the request that they speak of."""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime

from deploy.local.home import Home
from deploy.local.layout import Layout, Servers

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPEAKS = f"""
import logging
from services.kit import telemetry
telemetry.configure("speaker", 0)
log = logging.getLogger("speaker")
with telemetry.hop("work", "00-{TRACE}-00f067aa0ba902b7-00"):
    log.warning("half way", extra={{"stream": "leads"}})
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("failed")
log.info("done")
"""


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_record_has_the_trace_its_fields_and_its_exception():
    spoken = subprocess.run([sys.executable, "-c", SPEAKS], capture_output=True, text=True, check=True).stderr
    half, failed, done = records(spoken)
    assert (half["level"], half["logger"], half["message"]) == ("warning", "speaker", "half way")
    assert (half["trace_id"], half["stream"]) == (TRACE, "leads")
    assert datetime.fromisoformat(half["time"]).utcoffset() is not None
    assert failed["exception"].endswith("ZeroDivisionError: division by zero")
    assert "trace_id" not in done


def test_a_service_speaks_json_from_its_first_line_to_its_last(stack, tmp_path):
    """A second timeline beside the one that runs, as a second pod would be."""
    layout = Layout(Home(stack.home), Servers(stack.superuser(), stack.nats()), stack.port)
    [environment] = [dict(program.environment) for program in layout.services() if program.name == "timeline"]
    environment |= {"DEALTRAIL_LISTEN": "127.0.0.1:0", "DEALTRAIL_METRICS_PORT": "0", "OTEL_SDK_DISABLED": "true"}
    spoken = tmp_path / "spoken"
    with spoken.open("w") as out:
        command = [sys.executable, "-m", "services.timeline"]
        process = subprocess.Popen(command, env=os.environ | environment, stderr=out)
    try:
        while "serving" not in spoken.read_text():
            assert process.poll() is None, spoken.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
    assert {"time", "level", "logger", "message"} <= set.intersection(*map(set, records(spoken.read_text())))
