import asyncio
import io
import os
import signal
import subprocess
import sys

import pytest

from deploy.local import program
from deploy.local.launch import started
from deploy.local.log import Log
from deploy.local.program import Child, Program, end_leftovers
from tests.integration.deploy.processes import must_be_gone, of_home

SLEEPER = ("/bin/sh", "-c", "echo began; exec sleep 60")
DEAF = ("/bin/sh", "-c", "trap '' TERM; sleep 60 & echo began; while :; do sleep 1; done")
CRASHING = ("/bin/sh", "-c", "echo began; exit 3")


@pytest.fixture
def said():
    return io.StringIO()


@pytest.fixture
def care_for(tmp_path, said):
    """Care for a command; told of the folder, so that its processes can be found."""

    def begin(*command: str) -> Child:
        told = Program("patient", command, {"TEST_HOME": str(tmp_path)})
        child = Child(told, tmp_path, Log(said))
        child.start()
        return child

    return begin


async def told(said, words, times=1):
    async with asyncio.timeout(60):
        while said.getvalue().count(words) < times:
            await asyncio.sleep(0.01)


async def test_a_program_that_falls_is_started_again_after_growing_pauses(care_for, said):
    child = care_for(*CRASHING)
    await told(said, "began", times=3)
    await child.stop(1)
    assert "ended with exit code 3; starts again in 0.25 s" in said.getvalue()
    assert "starts again in 0.5 s" in said.getvalue()


async def test_a_killed_program_comes_back_as_another_process(care_for, said):
    child = care_for(*SLEEPER)
    await told(said, "began")
    first = child.pid
    os.kill(first, signal.SIGKILL)
    await told(said, "began", times=2)
    assert child.pid not in (None, first)
    assert "ended with signal SIGKILL" in said.getvalue()
    await child.stop(1)


async def test_a_program_that_ran_long_is_trusted_again(care_for, said, monkeypatch):
    monkeypatch.setattr(program, "STEADY_S", -1)
    child = care_for(*CRASHING)
    await told(said, "starts again in 0.25 s", times=3)
    await child.stop(1)


async def test_stopping_leaves_no_process_even_of_a_deaf_family(care_for, said, tmp_path):
    child = care_for(*DEAF)
    await told(said, "began")
    assert len(of_home(tmp_path)) >= 2
    await child.stop(0.3)
    must_be_gone(tmp_path)
    assert "did not end within 0.3 s and is killed" in said.getvalue()


async def test_a_program_is_stopped_during_the_pause_before_it_starts_again(care_for, said, tmp_path):
    child = care_for(*CRASHING)
    await told(said, "starts again in 0.5 s")
    await child.stop(1)
    before = said.getvalue().count("began")
    await asyncio.sleep(0.7)
    assert said.getvalue().count("began") == before
    assert list(tmp_path.iterdir()) == []


async def test_lines_are_shown_whole_with_the_name_of_who_said_them(tmp_path, said):
    long = "x" * 100_000
    command = (sys.executable, "-c", f"print('a\\n' + {long!r}); print('{{\"broken')")
    assert await Child(Program("talker", command), tmp_path, Log(said)).run_once() == 0
    lines = said.getvalue().splitlines()
    assert [line.split(maxsplit=2)[1] for line in lines] == ["talker"] * 3
    assert lines[1].endswith(long)


PARENT = """
import asyncio, sys
from pathlib import Path
from deploy.local.log import Log
from deploy.local.program import Child, Program

async def main():
    child = Child(Program("orphan", tuple(sys.argv[2:])), Path(sys.argv[1]), Log())
    child.start()
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_killed_supervisor_takes_its_children_with_it(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path, "/bin/sh", "-c", "echo began; exec sleep 60"],
        stdout=subprocess.PIPE,
        env=os.environ | {"TEST_HOME": str(tmp_path)},
    )
    assert b"began" in parent.stdout.readline()
    parent.kill()
    parent.communicate()
    must_be_gone(tmp_path)


async def test_a_deaf_child_of_a_killed_supervisor_is_ended_by_the_next_one(tmp_path, said):
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PARENT,
            tmp_path,
            "/bin/sh",
            "-c",
            "trap '' TERM; echo began; while :; do sleep 1; done",
        ],
        stdout=subprocess.PIPE,
        env=os.environ | {"TEST_HOME": str(tmp_path)},
    )
    assert b"began" in parent.stdout.readline()
    parent.kill()
    parent.communicate()
    assert of_home(tmp_path)
    await end_leftovers(tmp_path, Log(said), patience_s=0.2)
    must_be_gone(tmp_path)
    assert "is left from an earlier run" in said.getvalue()


async def test_a_record_whose_number_belongs_to_a_stranger_now_harms_nobody(tmp_path, said):
    stranger = subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
    (tmp_path / "leads").write_text(f"{stranger.pid} 1\n")
    (tmp_path / "cut-short").write_text("")
    await end_leftovers(tmp_path, Log(said), patience_s=0.2)
    assert started(stranger.pid)
    assert list(tmp_path.iterdir()) == []
    assert said.getvalue() == ""
    stranger.kill()
    stranger.wait()
