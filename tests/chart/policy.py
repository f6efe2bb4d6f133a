"""Whether pods keep to the restricted standard and to what a careful cluster asks besides."""

from collections.abc import Iterator

from services.kit.secrets import OTHERS
from tests.chart.helm import Object, containers, pods

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
VOLUMES = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}


def faults(objects: list[Object]) -> list[str]:
    """What a policy engine would refuse."""
    return [f"{whose}: {fault}" for whose, _, spec in pods(objects) for fault in _of_pod(spec)]


def _of_pod(spec: Object) -> Iterator[str]:
    security = spec.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
        yield "may run as root"
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "has no seccomp profile"
    if spec.get("automountServiceAccountToken") is not False:
        yield "is given a token of the API server"
    if any(spec.get(word) for word in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares a namespace of its node"
    for volume in spec.get("volumes", []):
        yield from _of_volume(volume)
    for container in containers(spec):
        for fault in _of_container(container):
            yield f"{container['name']} {fault}"


def _of_volume(volume: Object) -> Iterator[str]:
    if not set(volume) - {"name"} <= VOLUMES:
        yield f"mounts {sorted(set(volume) - {'name'})}"
    if "emptyDir" in volume and "sizeLimit" not in (volume["emptyDir"] or {}):
        yield f"may fill its node by {volume['name']}"
    projected = volume.get("projected", {})
    files = projected if any("secret" in source for source in projected.get("sources", [])) else volume.get("secret")
    if files and files.get("defaultMode", 0o644) & OTHERS:
        yield f"shows the secrets in {volume['name']} to others"


def _of_container(container: Object) -> Iterator[str]:
    for word, wanted in RESTRICTED.items():
        if container.get("securityContext", {}).get(word) != wanted:
            yield f"does not say {word}: {wanted}"
    if (container.get("securityContext") or {}).get("privileged"):
        yield "is privileged"
    _, _, tag = container["image"].rpartition("/")[2].partition(":")
    if "@sha256:" not in container["image"] and tag in ("", "latest"):
        yield f"runs whatever {container['image']} is today"
    resources = container.get("resources", {})
    for side, word in (("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory")):
        if word not in resources.get(side, {}):
            yield f"has no {word} in its {side}"
