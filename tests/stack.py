"""A whole Dealtrail as real processes: `make up` in a folder of its own, and the ways into it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from deploy.local import launch
from deploy.local.roles import Access, access, database_of
from deploy.local.servers import HOST, Nats, Postgres, free_ports

PASSWORD = "correct horse 1"
PATIENCE_S = 300


class Stack:
    """Real PostgreSQL, NATS, services and gateway as processes. `environment` is added to theirs."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        (self.port,) = free_ports(1)
        own = {"DEALTRAIL_HOME": str(home), "DEALTRAIL_GATEWAY_PORT": str(self.port), "DEMO": "0"}
        self._environment = os.environ | own | environment
        self._process: subprocess.Popen[bytes] | None = None
        self.log = home.parent / f"{home.name}.log"
        self.token = ""

    @property
    def url(self) -> str:
        """Where the gateway is found."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> float:
        """Bring it up; the seconds until it was ready."""
        began = time.perf_counter()
        self.launch()
        return self.wait(began)

    def launch(self) -> None:
        """Begin to bring it up."""
        command = [sys.executable, "-m", "deploy.local"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def wait(self, began: float) -> float:
        """Wait until it is ready; the seconds since `began`."""
        assert self._process is not None
        while not self.ready():
            if self._process.poll() is not None or time.perf_counter() - began > PATIENCE_S:
                raise RuntimeError(f"the stack did not come up; see {self.log}")
            time.sleep(0.02)
        return time.perf_counter() - began

    def stop(self) -> None:
        """Take it down, in order."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def sign_in(self, tenant: str, username: str = "boss", password: str = PASSWORD) -> None:
        """Sign in; what follows is called as this user."""
        given = {"tenant": tenant, "username": username, "password": password}
        self.token = self.call("POST", "/v1/sessions", given)["accessToken"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request; its JSON."""
        headers = {"content-type": "application/json"} | self.headers
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    @property
    def headers(self) -> dict[str, str]:
        """What signs a request."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    def databases(self, service: str) -> Access:
        """The ways into a service's database."""
        return access(self.superuser(), self.home / "secrets", database_of(service))

    def superuser(self, service: str = "") -> str:
        """PostgreSQL as the superuser, whom no policy binds: for floors."""
        port = int((self.home / "postgres" / "postmaster.pid").read_text().splitlines()[3])
        url = Postgres(self.home, port).url
        return url.rpartition("/")[0] + "/" + database_of(service) if service else url

    def nats(self) -> str:
        """NATS, with the credentials in it."""
        listen = (self.home / "nats" / "nats.conf").read_text().split('"')[1]
        return Nats(self.home, int(listen.rpartition(":")[2])).url

    def memory_mb(self) -> dict[str, float]:
        """Proportional set size of each process, in MB, by what it runs."""
        assert self._process is not None
        found: dict[str, float] = {}
        for pid in _family(self._process.pid):
            try:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            pss = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
            name = words[2] if "-m" in words[:3] else words[0].split(":")[0].rpartition("/")[2]
            found[name] = found.get(name, 0) + pss / 1024
        return found

    def pid(self, name: str) -> int:
        """The process that is a service, the gateway, postgres or nats now; 0 while there is none."""
        try:
            pid, _, began = (self.home / "processes" / name).read_text().strip().partition(" ")
        except OSError:
            return 0
        return int(pid) if began and launch.started(int(pid)) == began else 0

    def signal(self, name: str, number: signal.Signals) -> int:
        """Send a signal to a process; its id."""
        pid = self.pid(name)
        assert pid, f"{name} is not running"
        os.kill(pid, number)
        return pid

    def address(self, name: str, what: str) -> str:
        """host:port of a process's "calls" or "metrics"."""
        return str(json.loads((self.home / "addresses.json").read_text())[name][what])

    def metrics(self, name: str, form: str = "text/plain") -> str:
        """The page that the process shows to Prometheus."""
        page = f"http://{self.address(name, 'metrics')}/metrics"
        with urllib.request.urlopen(urllib.request.Request(page, headers={"accept": form})) as answer:
            return str(answer.read().decode())

    def ready(self) -> bool:
        """Whether all of it serves."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _family(pid: int) -> list[int]:
    """The process and all below it."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(words[1]), []).append(int(stat.parent.name))
    family, queue = [], [pid]
    while queue:
        one = queue.pop()
        family.append(one)
        queue += parents.get(one, [])
    return family
