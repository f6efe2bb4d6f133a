import io
import json

import pytest

from deploy.local.log import Log


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def out():
    return io.StringIO()


def record(**fields):
    return json.dumps({"time": "2026-01-02T03:04:05.678+00:00", "level": "info", "logger": "x"} | fields)


def test_a_log_record_becomes_a_sentence(out):
    Log(out).say("leads", record(message="serving", port="5001", trace_id="abc"))
    assert out.getvalue()[8:] == " leads         serving port=5001 trace_id=abc\n"


def test_a_warning_says_so_and_an_exception_follows_line_by_line(out):
    Log(out).say("leads", record(message="fell", level="error", exception="Traceback:\n  here"))
    assert [line[9:] for line in out.getvalue().splitlines()] == [
        "leads         error fell",
        "leads         Traceback:",
        "leads           here",
    ]


@pytest.mark.parametrize(
    "line", ["plain", "{broken", '{"no": "record"}', '{"time": 5, "message": "x"}', '{"time": "yesterday"}', "[1]"]
)
def test_what_is_no_log_record_is_shown_as_it_is(out, line):
    Log(out).say("nats", line + "\n")
    assert out.getvalue()[9:] == f"nats          {line}\n"


def test_an_empty_line_is_not_shown(out):
    Log(out).say("nats", "\n")
    assert out.getvalue() == ""


def test_only_a_terminal_gets_colours_and_each_process_its_own(out):
    terminal = Terminal()
    for name in ("leads", "nats", "leads"):
        Log(out).say(name, "x")
    log = Log(terminal)
    for name in ("leads", "nats", "leads"):
        log.say(name, "x")
    assert "\x1b" not in out.getvalue()
    first, second, third = (line.partition("m")[0] for line in terminal.getvalue().splitlines())
    assert first == third != second


def test_a_reader_who_has_gone_harms_nobody():
    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    Log(Broken()).say("leads", "x")
