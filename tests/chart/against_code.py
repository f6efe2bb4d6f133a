"""Whether the chart fits the code: variables, files, peers, ports, streams, permissions, the time to end."""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.cluster.secrets import manifests
from gateway.identity.partners.access import OWN
from services.kit.partitions import NUMBERS
from services.kit.partitions import durables as named
from services.kit.runtime import HARD_EXIT_S
from tests.chart import accounts, wiring
from tests.chart.coherence import ports
from tests.chart.helm import Object, containers, name, of_kind, pods
from tests.chart.subjects import lacking

SECRETS = ("dealtrail-database-rw:5432", "dealtrail-nats:4222")


def faults(objects: list[Object]) -> list[str]:
    """What would start and not work, or not start."""
    found = [
        fault for check in (_commands, _files, _sealing, _rekeying, _shutdown, _scalers) for fault in check(objects)
    ]
    for one in of_kind(objects, "Deployment"):
        found += [f"{name(one)} {fault}" for fault in _process(one, objects)]
    return found + lacking(objects) + accounts.faults(objects)


def environment(container: Object) -> dict[str, str]:
    """What stands in a container's environment by value."""
    return {entry["name"]: entry["value"] for entry in container.get("env", []) if "value" in entry}


def _process(one: Object, objects: list[Object]) -> Iterator[str]:
    service = one["metadata"]["labels"]["app.kubernetes.io/component"]
    needs, spec = wiring.needs(service), one["spec"]["template"]["spec"]
    told = environment(spec["containers"][0])
    plain = {variable.removesuffix("_FILE") for variable in told}
    for variable in sorted(set(told) - needs.known):
        if not variable.startswith("OTEL_"):
            yield f"is told {variable}, which no setting is"
    for variable in sorted(needs.required - plain):
        yield f"is not told {variable}"
    for variable in sorted(needs.optional - plain):
        yield f"cannot be told {variable}"
    peers = dict(entry.split("=") for entry in told.get("DEALTRAIL_PEERS", "").split(",") if entry)
    if set(peers) != needs.calls:
        yield f"is told of {sorted(peers)} and calls {sorted(needs.calls)}"
    for peer, address in peers.items():
        if address not in _addresses(objects):
            yield f"finds {peer} at {address}, where nobody is"
    yield from _ports(service, spec, told)


def _ports(service: str, spec: Object, told: dict[str, str]) -> Iterator[str]:
    listen = told.get("DEALTRAIL_LISTEN", "")
    listens = {"grpc": listen.rpartition(":")[2], "metrics": told.get("DEALTRAIL_METRICS_PORT")}
    if service == "gateway":
        listens["http"] = told.get("DEALTRAIL_GATEWAY_PORT")
    for port, number in ports(spec).items():
        if str(number) != listens.get(port):
            yield f"shows the port {port} {number} and listens on {listens.get(port)}"
    if listen.startswith("127."):
        yield "listens where no other pod reaches it"


def _addresses(objects: list[Object]) -> set[str]:
    return {
        f"{one['metadata']['name']}:{port['port']}"
        for one in of_kind(objects, "Service")
        for port in one["spec"]["ports"]
    }


def _commands(objects: list[Object]) -> Iterator[str]:
    for whose, _, spec in pods(objects):
        for container in containers(spec):
            if container["command"][:2] == ["python", "-m"] and not _runs(container["command"][2]):
                yield f"{whose} runs {container['command'][2]}, which is no program"


def _sealing(objects: list[Object]) -> Iterator[str]:
    """Each service that keeps something sealed seals its rows of before, in its own database."""
    for job in of_kind(objects, "Job"):
        if "-seal-" in job["metadata"]["name"]:
            spec = job["spec"]["template"]["spec"]
            done = {(one["command"][-1], *_referred({"containers": [one]})) for one in spec["containers"]}
            told = {environment(one).get("DEALTRAIL_MASTER_KEYS") for one in spec["containers"]}
            for service in wiring.sealing():
                if (f"services.{service}.seal", (f"dealtrail-{service}-owner", "uri")) not in done:
                    yield f"{name(job)} leaves rows of {service} in the open"
            if not all(_mounted(spec).get(path or "", ("", ""))[1] == "master.jwks" for path in told):
                yield f"{name(job)} seals without the master keys"


def _rekeying(objects: list[Object]) -> Iterator[str]:
    """The Job of a round changes the keys in each database that has some, by the master keys."""
    for job in of_kind(objects, "Job"):
        if "-rekey-" in job["metadata"]["name"]:
            spec = job["spec"]["template"]["spec"]
            done = {key for one in spec["containers"] for key in _referred({"containers": [one]})}
            for service in wiring.keyed():
                if (f"dealtrail-{service}-owner", "uri") not in done:
                    yield f"{name(job)} leaves the keys of {service} as they are"
            for one in spec["containers"]:
                if environment(one).get("DEALTRAIL_MASTER_KEYS") not in _mounted(spec):
                    yield f"{name(job)} changes keys without the master keys"


def _runs(module: str) -> bool:
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        return False
    return found is not None and (
        found.submodule_search_locations is None or find_spec(f"{module}.__main__") is not None
    )


def _files(objects: list[Object]) -> Iterator[str]:
    """Each file that a variable names is mounted, from a key that the Secret has."""
    for whose, _, spec in pods(objects):
        mounted = _mounted(spec)
        for name_of_secret, key in [*mounted.values(), *_referred(spec)]:
            if key not in _secrets().get(name_of_secret, ()):
                yield f"{whose} wants {key} of {name_of_secret}, which has none"
        for container in containers(spec):
            for variable, value in environment(container).items():
                if value.startswith("/") and value not in mounted:
                    yield f"{whose} is told {variable}={value}, where nothing is"


def _mounted(spec: Object) -> dict[str, tuple[str, str]]:
    """The Secret and the key behind each file."""
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    return {
        f"{mount['mountPath']}/{item['path']}": (source["secret"]["name"], item["key"])
        for container in containers(spec)
        for mount in container.get("volumeMounts", [])
        for source in volumes.get(mount["name"], {}).get("projected", {}).get("sources", [])
        if "secret" in source
        for item in source["secret"]["items"]
    }


def _referred(spec: Object) -> Iterator[tuple[str, str]]:
    for container in containers(spec):
        for entry in container.get("env", []):
            if wanted := entry.get("valueFrom", {}).get("secretKeyRef"):
                yield wanted["name"], wanted["key"]


@cache
def _secrets() -> dict[str, frozenset[str]]:
    with TemporaryDirectory() as folder:
        return {one["metadata"]["name"]: frozenset(one["data"]) for one in manifests(Path(folder), *SECRETS)}


def _shutdown(objects: list[Object]) -> Iterator[str]:
    for one in of_kind(objects, "Deployment"):
        spec = one["spec"]["template"]["spec"]
        waits = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        if spec["terminationGracePeriodSeconds"] <= waits + HARD_EXIT_S:
            yield f"{name(one)} is killed before it has ended by itself"


def _scalers(objects: list[Object]) -> Iterator[str]:
    for one in of_kind(objects, "ScaledObject"):
        service = one["metadata"]["labels"]["app.kubernetes.io/component"]
        watched = [trigger["metadata"] for trigger in one["spec"]["triggers"] if trigger["type"] == "nats-jetstream"]
        if {trigger["stream"] for trigger in watched} != wiring.needs(service).reads:
            yield f"{name(one)} does not watch what {service} reads"
        for stream, durables in _watched(watched).items():
            if sorted(durables) not in [named(service, number) for number in NUMBERS]:
                yield f"{name(one)} watches consumers of {stream} that are not {service}'s: {sorted(durables)}"
        for trigger in watched:
            if trigger["account"] != OWN:
                yield f"{name(one)} looks for streams in {trigger['account']}, where none is"
            if trigger["natsServerMonitoringEndpoint"] not in _addresses(objects):
                yield f"{name(one)} asks {trigger['natsServerMonitoringEndpoint']}, where nobody is"


def _watched(triggers: list[Object]) -> dict[str, list[str]]:
    """The consumers that are watched, by stream."""
    found: dict[str, list[str]] = {}
    for trigger in triggers:
        found.setdefault(trigger["stream"], []).append(trigger["consumer"])
    return found
