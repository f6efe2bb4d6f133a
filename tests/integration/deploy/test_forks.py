"""The fork server with real processes: they are like those that were executed, and its death is survived."""

import asyncio
import io
import os
import signal
import sys
from pathlib import Path

import pytest

from deploy.local.forks import NAME, ForkServer
from deploy.local.forkserver import CORES
from deploy.local.layout import ROOT
from deploy.local.log import Log
from deploy.local.program import Child, Program
from tests.integration.deploy.processes import of_home, wait_for

WORKER = """
import os, sys, time

if __name__ == "__main__":
    print("argument", sys.argv[1], "variable", os.environ["WORKER"], "leads a session", os.getsid(0) == os.getpid())
    print("input", repr(sys.stdin.read()), "files", sorted(map(int, os.listdir("/proc/self/fd"))))
    if sys.argv[1] == "stay":
        time.sleep(60)
    sys.exit(int(sys.argv[1]))
"""

SLOW = """
import os, time

def note(word):
    with open(os.environ["TEST_HOME"] + "/loading", "a") as notes:
        notes.write(word)

note("+")
time.sleep(float(os.environ["SLOW_S"]))
note("-")
"""


@pytest.fixture
def said():
    return io.StringIO()


@pytest.fixture
async def forks(tmp_path, said, monkeypatch):
    """A fork server that knows `worker`, `broken` and `slow`; told of the folder, to find what it leaves."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "worker.py").write_text(WORKER)
    (modules / "broken.py").write_text("import a_module_that_is_not_there\n")
    (modules / "slow.py").write_text(SLOW)
    monkeypatch.setenv("PYTHONPATH", f"{modules}:{ROOT}")
    monkeypatch.setenv("TEST_HOME", str(tmp_path))
    (tmp_path / "processes").mkdir()
    forks = ForkServer(tmp_path / "processes", Log(said))
    yield forks
    await forks.stop()
    wait_for(lambda: of_home(tmp_path).keys() <= {os.getpid()}, what="the end of all processes")


@pytest.fixture
def child(forks, tmp_path, said):
    def make(argument, module="worker"):
        program = Program(module, (sys.executable, "-m", module, argument), {"WORKER": "own"}, forked=True)
        return Child(program, tmp_path / "processes", Log(said), forks.begin)

    return make


async def told(said, words, times=1):
    async with asyncio.timeout(60):
        while said.getvalue().count(words) < times:
            await asyncio.sleep(0.01)


async def test_a_forked_program_is_run_as_a_program_of_its_own_would_be(child, said):
    assert await child("7").run_once() == 7
    assert "worker        argument 7 variable own leads a session True" in said.getvalue()
    assert "worker        input '' files [0, 1, 2, 3]" in said.getvalue()  # 3 is the folder that it reads
    assert "WORKER" not in os.environ


async def test_a_program_that_cannot_be_loaded_ends_with_the_reason_in_the_log(child, said):
    assert await child("0", "broken").run_once() == 1
    assert "broken        ModuleNotFoundError: No module named 'a_module_that_is_not_there'" in said.getvalue()


async def test_its_name_and_its_record_tell_which_process_it_is(child, said, tmp_path):
    worker = child("stay")
    worker.start()
    await told(said, "input")
    assert Path(f"/proc/{worker.pid}/cmdline").read_bytes().rstrip(b"\0") == b"worker"
    assert Path(f"/proc/{worker.pid}/comm").read_text() == "worker\n"
    assert (tmp_path / "processes" / "worker").read_text().split()[0] == str(worker.pid)
    await worker.stop(5)


async def test_a_killed_one_comes_back_from_the_same_server(child, said, tmp_path):
    worker = child("stay")
    worker.start()
    await told(said, "input")
    server = (tmp_path / "processes" / NAME).read_text()
    os.kill(worker.pid, signal.SIGKILL)
    await told(said, "input", times=2)
    assert "worker        ended with signal SIGKILL; starts again" in said.getvalue()
    assert (tmp_path / "processes" / NAME).read_text() == server
    await worker.stop(5)


async def test_the_death_of_the_server_is_told_and_survived(child, said, tmp_path):
    worker = child("stay")
    worker.start()
    await told(said, "input")
    before = worker.pid
    os.kill(int((tmp_path / "processes" / NAME).read_text().split()[0]), signal.SIGKILL)
    await told(said, "input", times=2)
    assert worker.pid != before
    async with asyncio.timeout(60):
        while Path(f"/proc/{before}").exists():
            await asyncio.sleep(0.01)
    assert f"{NAME:<13} ended with signal SIGKILL: what it forked must end, and all starts again" in said.getvalue()
    await worker.stop(5)


async def test_what_waits_for_its_start_ends_with_the_server(forks, tmp_path):
    await forks.expect("worker")
    await asyncio.to_thread(wait_for, lambda: "worker" in of_home(tmp_path).values(), what="the fork")
    await forks.stop()
    wait_for(lambda: of_home(tmp_path).keys() <= {os.getpid()}, what="the end of all processes")


async def test_no_more_processes_load_at_once_than_there_are_cores(forks, tmp_path, monkeypatch):
    monkeypatch.setenv("SLOW_S", "0.2")
    for _ in range(CORES + 1):
        await forks.expect("slow")
    notes = tmp_path / "loading"
    await asyncio.to_thread(
        wait_for, lambda: notes.exists() and notes.read_text().count("-") > CORES, what="the last to load"
    )
    words = notes.read_text()
    assert max(words[:end].count("+") - words[:end].count("-") for end in range(len(words) + 1)) == CORES


async def test_the_server_ends_at_once_while_others_wait_for_their_turn(forks, tmp_path, monkeypatch):
    monkeypatch.setenv("SLOW_S", "300")
    for _ in range(CORES + 1):
        await forks.expect("slow")
    await asyncio.to_thread(wait_for, (tmp_path / "loading").exists, what="the first to load")
    async with asyncio.timeout(60):
        await forks.stop()
