"""A release without a cluster: what the chart renders, as processes on this machine, over real PostgreSQL and NATS."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from deploy.cluster.secrets import SERVICES, manifests
from deploy.local.databases import ensure
from deploy.local.roles import database_of
from deploy.local.servers import HOST, Postgres, free_ports
from deploy.local.shared import running
from tests.chart.against_code import environment
from tests.chart.balancer import Balancer, Balancers
from tests.chart.coherence import matches, ports
from tests.chart.helm import ROOT, Object, of_kind
from tests.chart.pod import Pod, contents

DATABASE, NATS = "dealtrail-database-rw:5432", "dealtrail-nats:4222"
PATIENCE_S = 240


class Cluster:
    """One release. Pods come and go; a Service leads to those of its pods that are ready and are not ending."""

    def __init__(self, objects: list[Object], folder: Path, database: str, kind: type[Pod]) -> None:
        self._objects = objects
        self._kind = kind
        self._folder = folder
        self._known = contents([*objects, *manifests(folder / "secrets", DATABASE, NATS)])
        self._balancers = Balancers()
        self._places = {DATABASE: database}
        self._services: list[tuple[Object, int, Balancer]] = []
        self._pods: list[tuple[Object, Pod]] = []
        self._made = 0
        for one in of_kind(objects, "Service"):
            for port in one["spec"]["ports"]:
                (here,) = free_ports(1)
                self._places[f"{one['metadata']['name']}:{port['port']}"] = f"{HOST}:{here}"
                self._services.append((one, port["targetPort"], self._balancers.open(here)))
        self.api = f"http://{self._places['dealtrail:80']}"

    def migrate(self, code: Path = ROOT) -> None:
        """Run the Job before an upgrade to its end."""
        self._run_job("migrate", code)

    def seal(self) -> str:
        """Run the Job after an upgrade to its end; what it said."""
        return self._run_job("seal", ROOT)

    def start(self, workload: str, code: Path = ROOT) -> Pod:
        """One more pod of a Deployment or StatefulSet; in its Services when its probes pass."""
        name = f"dealtrail-{workload}"
        [one] = [one for one in of_kind(self._objects, "Deployment", "StatefulSet") if one["metadata"]["name"] == name]
        pod = self._pod(workload, one["spec"]["template"]["spec"])
        pod.start(code)
        self._pods.append((one["spec"]["template"]["metadata"], pod))
        return pod

    def admit(self, *pods: Pod) -> None:
        """Wait until their probes pass; then let their Services lead to them."""
        for pod in pods:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                _until(lambda pod=pod, probe=probe: pod.passes(probe), pod, probe)  # type: ignore[misc] # binds the present values
        self._lead([pod for _, pod in self._pods if pod in pods], list.append)

    def withdraw(self, pod: Pod) -> None:
        """Take its address out of its Services, as when it is being deleted."""
        self._lead([pod], list.remove)

    def sell(self, code: Path = ROOT) -> str:
        """Run the pod of `helm test`; what it said."""
        [test] = of_kind(self._objects, "Pod")
        return self._run_to_end("sale", test["spec"], code)

    def move_callers(self, away_s: float) -> None:
        """Put the API's callers so far away: what they send arrives after `away_s` seconds, as does each answer."""
        [api] = [balancer for one, _, balancer in self._services if one["metadata"]["name"] == "dealtrail"]
        api.away_s = away_s

    def session(self) -> httpx.Client:
        """The API as the boss of the company that sold; to be closed."""
        given = {"tenant": "helm-test", "username": "boss", "password": self._secret("helm-test", "password")}
        client = httpx.Client(base_url=self.api, timeout=60, trust_env=False)
        token = client.post("/v1/sessions", json=given).raise_for_status().json()["accessToken"]
        client.headers["authorization"] = f"Bearer {token}"
        return client

    def owner(self, service: str) -> str:
        """Where the role that owns a service's tables enters its database."""
        return self._secret(f"{service}-owner", "uri").replace(DATABASE, self._places[DATABASE])

    def operate(self, service: str, *command: str) -> str:
        """Run an operator's command on a service, with an operator's rights and the gateway's settings; its output."""
        [gateway] = [
            one for one in of_kind(self._objects, "Deployment") if one["metadata"]["name"].endswith("-gateway")
        ]
        settings = environment(gateway["spec"]["template"]["spec"]["containers"][0])
        told = {
            "DEALTRAIL_PARTNERS_NATS_URL": settings["DEALTRAIL_PARTNERS_NATS_URL"],
            "DEALTRAIL_MIGRATION_URL": self.owner(service),
            "DEALTRAIL_NATS_URL": self._secret("operator", "nats-url").replace(NATS, self._places[NATS]),
        }
        done = subprocess.run(
            [sys.executable, "-m", *command],
            env=os.environ | told,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        with (self._folder / "pods" / "operated.log").open("a") as log:
            log.write(done.stdout + done.stderr)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def reconfigure(self, workload: str, file: str, text: str, sign: str) -> None:
        """Change a file of a ConfigMap; back when a pod of this workload has shown by its log that it read it."""
        [pod] = [pod for _, pod in self._pods if pod.label == workload]
        before = pod.log.read_text().count(sign)
        pod.reconfigure(file, text)
        _until(lambda: pod.log.read_text().count(sign) > before, pod, sign)

    def place(self, name: str) -> str:
        """host:port on this machine of what is at a host:port of the cluster."""
        return self._places[name]

    def said(self) -> str:
        """The logs of all pods."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("pods/**/*log")))

    def end(self) -> None:
        """Take everything down."""
        for _, pod in self._pods:
            pod.end()
        end = time.monotonic() + 10
        while any(pod.alive() for _, pod in self._pods) and time.monotonic() < end:
            time.sleep(0.05)
        for _, pod in self._pods:
            pod.kill()
        self._balancers.close()

    def _secret(self, name: str, key: str) -> str:
        return self._known["Secret", f"dealtrail-{name}"][key]

    def _pod(self, label: str, spec: Object) -> Pod:
        self._made += 1
        return self._kind(label, spec, self._known, self._places, self._folder / "pods" / f"{label}-{self._made}")

    def _run_job(self, label: str, code: Path) -> str:
        [job] = [one for one in of_kind(self._objects, "Job") if f"-{label}-" in one["metadata"]["name"]]
        return self._run_to_end(label, job["spec"]["template"]["spec"], code)

    def _run_to_end(self, label: str, spec: Object, code: Path) -> str:
        pod = self._pod(label, spec)
        pod.start(code)
        try:
            code_of_exit = pod.wait(PATIENCE_S)
        finally:
            pod.kill()
        said = pod.log.read_text()
        assert code_of_exit == 0, f"{label} failed:\n{said[-3000:]}"
        return said

    def _lead(self, pods: list[Pod], how: Callable[[list[int], int], None]) -> None:
        for metadata, pod in self._pods:
            names = ports(pod.spec)
            for service, target, balancer in self._services:
                if pod in pods and matches({"matchLabels": service["spec"]["selector"]}, metadata["labels"]):
                    how(balancer.endpoints, pod.ports[names[str(target)]])


def _until(passes: Callable[[], bool], pod: Pod, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not passes():
        assert pod.alive(), f"{pod.label} ended:\n{pod.log.read_text()[-3000:]}"
        assert time.monotonic() < end, f"{pod.label} does not pass its {what}:\n{pod.log.read_text()[-3000:]}"
        time.sleep(0.1)


@contextmanager
def cluster(objects: list[Object], folder: Path, kind: type[Pod] = Pod) -> Iterator[Cluster]:
    """The release, with an empty PostgreSQL whose roles and databases are there, and nothing of it started yet."""
    with running(Postgres(folder, free_ports(1)[0], durable=False)) as url:
        asyncio.run(ensure(url, folder / "secrets", map(database_of, SERVICES)))
        found = Cluster(objects, folder, url.rpartition("@")[2].partition("/")[0], kind)
        try:
            yield found
        finally:
            found.end()
