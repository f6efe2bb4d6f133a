"""Which roles may call each route, as the contract says it."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dealtrail.type.v1 import access_pb2
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2, descriptor_pool

from deploy.local.protos import GEN, IMAGE
from tests.sweeps.operations import Operation

ROLES = ("BOSS", "MANAGER", "REP", "ADMIN", "PARTNER")
SALES = frozenset({"BOSS", "MANAGER", "REP"})
OUTSIDE_THE_CONTRACT: Mapping[str, frozenset[str]] = {
    "createPersonalExport": frozenset({"BOSS", "ADMIN"}),
    "getOperationErrors": SALES,
    "listenLive": SALES,
    "startImport": SALES,
}
"""Routes of the gateway itself, which carry files and live updates."""


def roles(operation: Operation) -> frozenset[str]:
    """Who may call it; empty if everybody may."""
    if operation.id in OUTSIDE_THE_CONTRACT:
        return OUTSIDE_THE_CONTRACT[operation.id]
    return _contract()[operation.id]


@cache
def _contract() -> Mapping[str, frozenset[str]]:
    return dict(_methods())


def _methods() -> Iterator[tuple[str, frozenset[str]]]:
    http: Any = annotations_pb2.http
    image = descriptor_pb2.FileDescriptorSet.FromString((GEN / IMAGE).read_bytes())
    for file in image.file:
        if not file.name.startswith("dealtrail/"):
            continue
        __import__(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
        for service in descriptor_pool.Default().FindFileByName(file.name).services_by_name.values():
            for method in service.methods:
                options = method.GetOptions()
                rule = options.Extensions[http]
                allowed = frozenset(map(access_pb2.Role.Name, options.Extensions[access_pb2.access].roles))
                name = method.name[0].lower() + method.name[1:]
                for number in range(1 + len(rule.additional_bindings)):
                    yield name + (str(number + 1) if number else ""), allowed
