"""`make up` as a user meets it: the whole of Dealtrail, started for real."""

import http.client
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from deploy.local.layout import GATEWAY, MODULES, ROOT, services
from deploy.local.servers import Postgres, free_ports
from deploy.local.shared import running
from tests.integration.deploy.processes import must_be_gone, of_home, wait_for

pytestmark = [pytest.mark.filterwarnings("error"), pytest.mark.usefixtures("nothing_left")]


class Up:
    """One `make up` and what it has said so far."""

    def __init__(self, home, port, **environment):
        self.home, self.port = home, port
        self._out = home.parent / f"{home.name}.{port}.log"
        told = {"DEALTRAIL_HOME": str(home), "DEALTRAIL_GATEWAY_PORT": str(port), "DEMO": "0"}
        with self._out.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local"],
                cwd=ROOT,
                env=os.environ | told | environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def said(self):
        return self._out.read_text()

    def wait_until_ready(self):
        def ready():
            assert self.process.poll() is None, self.said
            return re.search(r"is ready after ([\d.]+) s", self.said)

        try:
            return float(wait_for(ready, 180, "readiness")[1])
        except AssertionError:
            self.kill()
            raise AssertionError(self.said) from None

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pid(self, name):
        """The process of that name, once one is on record; the record of one that comes back is written anew."""
        return int(wait_for(lambda: self._record(name), what=f"the record of {name}")[0])

    def other(self, name, before):
        """Whether the process of that name is another than before."""
        found = self._record(name)
        return bool(found) and int(found[0]) != before

    def _record(self, name):
        """The words of the record of a process; none if there is none or it is being written."""
        try:
            text = (self.home / "processes" / name).read_text()
        except FileNotFoundError:
            return []
        return text.split() if text.endswith("\n") else []

    def answers(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
                return answer.status == 200
        except (OSError, http.client.HTTPException):
            return False


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """A Dealtrail that these tests knock about but leave alive."""
    up = Up(tmp_path_factory.mktemp("up") / "home", free_ports(1)[0])
    up.wait_until_ready()
    yield up
    assert up.stop() == 0


def test_every_process_runs_and_the_gateway_answers(up):
    assert {"postgres", "nats", "forkserver", GATEWAY, *services()} == {
        path.name for path in (up.home / "processes").iterdir()
    }
    assert up.answers()


def test_each_process_is_found_by_the_name_of_what_it_runs(up):
    for name, module in MODULES.items():
        assert Path(f"/proc/{up.pid(name)}/cmdline").read_bytes().rstrip(b"\0").decode() == module


def test_a_second_start_in_the_same_home_says_who_holds_it(up):
    second = Up(up.home, free_ports(1)[0])
    assert second.process.wait(timeout=60) == 1
    assert f"already running from {up.home} (process {up.process.pid}) at http://127.0.0.1:{up.port}" in second.said
    assert up.answers()


def test_a_taken_port_is_named_before_anything_starts(up, tmp_path):
    other = Up(tmp_path / "other", up.port)
    assert other.process.wait(timeout=60) == 1
    assert f"port {up.port} is taken by another program" in other.said
    must_be_gone(tmp_path)


@pytest.mark.parametrize("name", ["postgres", "nats", "forkserver", services()[0], GATEWAY])
def test_a_killed_process_comes_back_and_all_is_well(up, name):
    before = up.pid(name)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: up.other(name, before), 120, f"the return of {name}")
    wait_for(up.answers, 120, "the gateway's answer")
    assert re.search(rf"{name:<13} ended with signal SIGKILL[;:].* starts again", up.said)


def test_a_service_that_cannot_end_does_not_keep_the_others_down_when_the_forkserver_dies(up):
    stuck, dead = up.pid(services()[0]), up.pid("forkserver")
    os.kill(stuck, signal.SIGSTOP)
    os.kill(dead, signal.SIGKILL)
    wait_for(
        lambda: f"{services()[-1]:<13} ended with" in up.said.rpartition("forkserver    ended")[2], 120, "a restart"
    )
    wait_for(lambda: up.other("forkserver", dead), 120, "its return")
    wait_for(up.answers, 120, "the gateway's answer")


def test_a_killed_supervisor_does_not_block_the_next_start_in_the_same_place(home):
    before = Up(home, free_ports(1)[0])
    before.wait_until_ready()
    before.kill()
    after = Up(home, before.port)
    after.wait_until_ready()
    assert after.stop() == 0
    must_be_gone(home)


def test_ctrl_c_stops_everything_in_ten_seconds_and_leaves_no_process(home):
    up = Up(home, free_ports(1)[0])
    ready_s = up.wait_until_ready()
    assert len(of_home(home)) >= len(services()) + 3
    up.process.send_signal(signal.SIGINT)
    # Where the machine has so much else to do that the start took longer, so may the end.
    assert up.process.wait(timeout=max(10, ready_s)) == 0
    must_be_gone(home)
    assert list((home / "processes").iterdir()) == []


def test_ctrl_c_during_the_start_leaves_no_process(home):
    up = Up(home, free_ports(1)[0])
    wait_for(lambda: len(of_home(home)) > 2, 120, "the beginning")
    assert up.stop() == 0
    must_be_gone(home)


def test_servers_elsewhere_are_used_and_filled_and_none_is_started(nats_server, home, tmp_path):
    # A server of its own: to fill one is to set the passwords of its roles, and other tests share theirs.
    with running(Postgres(tmp_path / "elsewhere", free_ports(1)[0], durable=False)) as url:
        # The page of traces begins once all is ready, and may be seen below or not.
        elsewhere = {"DEALTRAIL_DATABASE_URL": url, "DEALTRAIL_NATS_URL": nats_server}
        up = Up(home, free_ports(1)[0], **elsewhere, DEALTRAIL_TRACES="0")
        up.wait_until_ready()
        assert {"forkserver", GATEWAY, *services()} == {path.name for path in (up.home / "processes").iterdir()}
        others = [process for process in of_home(up.home) if process != up.process.pid]
        told = [Path(f"/proc/{process}/environ").read_bytes() for process in others]
        assert told
        assert not any(url.encode() in environment for environment in told)
        assert up.stop() == 0
