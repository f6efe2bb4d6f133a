"""A real Prometheus that scrapes the processes of a home and evaluates the chart's rules."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from deploy.local.debian import program
from deploy.local.servers import HOST, free_ports
from deploy.local.watch import rules, targets

STARTS_WITHIN_S = 60
TEXTFILES = "metrics"
"""The folder of a home in which commands leave metrics: `<name>.prom`, such as reconciliation.prom."""


class Prometheus:
    """One that runs."""

    def __init__(self, address: str) -> None:
        self.address = address

    def alerts(self) -> dict[str, str]:
        """The alerts that are pending or firing, by name; one that fires anywhere is firing."""
        found: dict[str, str] = {}
        for alert in self._ask("alerts")["alerts"]:
            name = alert["labels"]["alertname"]
            if found.get(name) != "firing":
                found[name] = alert["state"]
        return found

    def query(self, expression: str) -> list[Any]:
        """The samples of an instant query, now."""
        return list(self._ask("query", query=expression)["result"])

    def exemplars(self, expression: str) -> list[Any]:
        """The exemplars of the last ten minutes."""
        end = time.time()
        return list(self._ask("query_exemplars", query=expression, start=str(end - 600), end=str(end)))

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"{self.address}/-/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _ask(self, what: str, **parameters: str) -> Any:
        answer = httpx.get(f"{self.address}/api/v1/{what}", params=parameters)
        return answer.raise_for_status().json()["data"]


@contextmanager
def watching(home: Path, folder: Path, hurry: int = 1) -> Iterator[Prometheus]:
    """A Prometheus for the Dealtrail in `home`, which keeps its own data in `folder`, from when it has looked once.

    `hurry` makes the windows of all rules and the time between two scrapes so many times shorter.
    Refused: NotToBeHad without the program.
    """
    binary = program("prometheus", "prometheus")
    (port,) = free_ports(1)
    with _textfiles(home) as textfiles:
        config = _configure(home, folder, hurry, textfiles)
        command = [str(binary), f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
        command += [f"--web.listen-address={HOST}:{port}", "--enable-feature=exemplar-storage", "--log.level=warn"]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        found = Prometheus(f"http://{HOST}:{port}")
        end = time.monotonic() + STARTS_WITHIN_S
        try:
            while not (found.ready() and found.query("up")):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"prometheus did not start: {(folder / 'log').read_text()}")
                time.sleep(0.1)
            yield found
        finally:
            process.terminate()
            process.wait(20)


def _configure(home: Path, folder: Path, hurry: int, textfiles: str) -> Path:
    """Prometheus's own file; JSON is YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in rules.files():
        (folder / file.name).write_text(rules.hurried(file.read_text(), hurry))
    every = f"{30_000 // hurry}ms"
    config = {
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
        "rule_files": [str(folder / file.name) for file in rules.files()],
        "scrape_configs": [
            {"job_name": "dealtrail", "static_configs": targets.read(home)},
            {
                "job_name": "reconciliation",
                "metrics_path": "/reconciliation.prom",
                "static_configs": [{"targets": [textfiles]}],
            },
        ],
    }
    path = folder / "prometheus.yaml"
    path.write_text(json.dumps(config, indent=1))
    return path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """A scrape is not worth a line."""


class _Textfiles(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A scraper in a hurry hangs up where it has waited too long."""


@contextmanager
def _textfiles(home: Path) -> Iterator[str]:
    """What stands in for node_exporter's textfile collector; gives host:port."""
    folder = home / TEXTFILES
    folder.mkdir(exist_ok=True)
    server = _Textfiles((HOST, 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
