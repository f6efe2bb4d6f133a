"""One rendered pod as a process of this machine: its own command, environment, files and probes."""

import base64
import os
import re
import signal
import subprocess
import sys
import sysconfig
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.servers import HOST, free_ports
from tests.chart.helm import ROOT, Object, of_kind

ABSENT = {"nats-server-config-reloader"}
"""Programs that are in their images only: `reconfigure` does what they do."""
Contents = Mapping[tuple[str, str], Mapping[str, str]]
"""What stands in each Secret or ConfigMap, by key."""


def contents(objects: list[Object]) -> dict[tuple[str, str], dict[str, str]]:
    """By kind and name."""
    found = {}
    for one in of_kind(objects, "Secret", "ConfigMap"):
        data = one["data"]
        if one["kind"] == "Secret":
            data = {key: base64.b64decode(value).decode() for key, value in data.items()}
        found[one["kind"], one["metadata"]["name"]] = data
    return found


class Pod:
    """A pod. `places` says what stands on this machine for a host:port of the cluster."""

    def __init__(self, label: str, spec: Object, known: Contents, places: Mapping[str, str], folder: Path) -> None:
        self.label = label
        self.spec = spec
        self._known = known
        self._folder = folder
        folder.mkdir(parents=True)
        numbers = [port["containerPort"] for one in spec["containers"] for port in one.get("ports", [])]
        self.ports = dict(zip(numbers, free_ports(len(numbers)), strict=True)) if numbers else {}
        self._places = dict(places) | {f"0.0.0.0:{number}": f"{HOST}:{here}" for number, here in self.ports.items()}
        self._mounts = {
            mount["mountPath"]: folder / mount["name"]
            for one in spec["containers"]
            for mount in one.get("volumeMounts", [])
        }
        self._mount()
        self.log = folder / "log"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, code: Path = ROOT) -> None:
        """Start its containers on the code of that folder."""
        for container in self._started():
            with self.log.open("ab") as log:
                self.processes[container["name"]] = subprocess.Popen(
                    self._command(container),
                    env=self._environment(container) | {"PYTHONPATH": f"{code}:{code / 'gen'}", "PYTHONSAFEPATH": "1"},
                    cwd=code,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )

    def wait(self, patience_s: float) -> int:
        """Wait for all containers to end; the worst exit code."""
        return max(process.wait(patience_s) for process in self.processes.values())

    def end(self) -> None:
        """Ask all containers to end."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Leave nothing running."""
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()

    def alive(self) -> bool:
        """Whether every container runs."""
        return all(process.poll() is None for process in self.processes.values())

    def passes(self, probe: str) -> bool:
        """Whether all containers pass this probe now: "startupProbe", "readinessProbe", "livenessProbe"."""
        return all(self._passes(container, container[probe]) for container in self._started())

    def reconfigure(self, file: str, text: str) -> None:
        """Change a file of a ConfigMap that it mounts, and tell its processes, as a reloader beside them does."""
        [path] = self._folder.glob(f"*/{file}")
        path.write_text(text)
        for process in self.processes.values():
            process.send_signal(signal.SIGHUP)

    def _started(self) -> list[Object]:
        return [one for one in self.spec["containers"] if one["command"][0] not in ABSENT]

    def _passes(self, container: Object, probe: Object) -> bool:
        if "grpc" in probe:
            return _serving(self.ports[probe["grpc"]["port"]], probe["grpc"].get("service", ""))
        numbers = {port["name"]: port["containerPort"] for port in container["ports"]}
        wanted = probe["httpGet"]
        return _answers(self.ports[numbers[wanted["port"]]], wanted["path"])

    def _command(self, container: Object) -> list[str]:
        program, *rest = container["command"]
        here = sys.executable if program == "python" else str(Path(sysconfig.get_path("scripts")) / program)
        return [here, *(self._here(word) for word in rest)]

    def _environment(self, container: Object) -> dict[str, str]:
        found = {"PATH": os.defpath, "HOME": str(self._folder)}
        for source in container.get("envFrom", []):
            found |= self._known["Secret", source["secretRef"]["name"]]
        for entry in container.get("env", []):
            if wanted := entry.get("valueFrom", {}).get("secretKeyRef"):
                found[entry["name"]] = self._here(self._known["Secret", wanted["name"]][wanted["key"]])
            else:
                number = int(entry["value"]) if entry["value"].isdecimal() else 0
                found[entry["name"]] = str(self.ports.get(number, "")) or self._here(entry["value"])
        return found

    def _mount(self) -> None:
        for volume in [*self.spec.get("volumes", []), *({"name": path.name} for path in self._mounts.values())]:
            target = self._folder / volume["name"]
            target.mkdir(exist_ok=True)
            projected = volume.get("projected", {})
            for source in (volume, *projected.get("sources", [])):
                if "secret" in source:
                    for item in source["secret"]["items"]:
                        text = self._known["Secret", source["secret"]["name"]][item["key"]]
                        (target / item["path"]).write_text(self._here(text))
                        (target / item["path"]).chmod(projected["defaultMode"])
                elif "configMap" in source:
                    for key, text in self._known["ConfigMap", source["configMap"]["name"]].items():
                        (target / key).write_text(self._here(text))

    def _here(self, text: str) -> str:
        """The same text, where it names places of the cluster or of the container, with those of this machine."""
        known = self._places | {path: str(folder) for path, folder in self._mounts.items()}
        longest = sorted(known, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest)), lambda found: known[found[0]], text)


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=20) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _serving(port: int, service: str) -> bool:
    with grpc.insecure_channel(f"{HOST}:{port}") as channel:
        try:
            check = health_pb2_grpc.HealthStub(channel).Check
            status = check(health_pb2.HealthCheckRequest(service=service), timeout=2).status
        except grpc.RpcError:
            return False
    return bool(status == health_pb2.HealthCheckResponse.SERVING)
