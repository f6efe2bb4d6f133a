"""The contract as generated: every service and method that has a route, found and not listed."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import wire.dealtrail
from protobuf import DescFile, DescMethod, DescService, Message
from wire.dealtrail.type.v1 import access_pb
from wire.google.api import annotations_pb


@dataclass(frozen=True)
class Binding:
    """One HTTP rule of a method."""

    verb: str
    template: str
    body: bool


@dataclass(frozen=True)
class Method:
    """A method of the contract as the gateway needs it."""

    descriptor: DescMethod
    path: str
    """The gRPC path, such as "/dealtrail.leads.v1.LeadsService/GetLead"."""
    peer: str
    """Who serves it, from the proto package: "leads", "identity" …"""
    input: type[Message]
    output: type[Message]
    reads: bool
    public: bool
    key_required: bool
    reveals: bool
    """Whether the answer shows somebody's personal data for a purpose."""
    bindings: tuple[Binding, ...]


@cache
def files() -> tuple[DescFile, ...]:
    """The descriptors of all proto files of Dealtrail."""
    modules = pkgutil.walk_packages(wire.dealtrail.__path__, "wire.dealtrail.")
    return tuple(importlib.import_module(module.name).desc() for module in modules if module.name.endswith("_pb"))


def services() -> Iterator[DescService]:
    """All services, in the order of their packages and files."""
    for file in files():
        yield from file.services


def methods(service: DescService) -> Iterator[Method]:
    """The methods of a service that have a route."""
    for method in service.methods:
        if bindings := tuple(_bindings(method)):
            options = method.proto.options
            access = options[access_pb.ext_access] if options else access_pb.Access()
            yield Method(
                descriptor=method,
                path=f"/{service.type_name}/{method.name}",
                peer=service.type_name.split(".")[1],
                input=method.input.type,
                output=method.output.type,
                reads=method.idempotency.name == "NO_SIDE_EFFECTS",
                public=access.public,
                key_required=access.key_required,
                reveals=access.discloses and any(field.name == "purpose" for field in method.input.fields),
                bindings=bindings,
            )


def _bindings(method: DescMethod) -> Iterator[Binding]:
    options = method.proto.options
    if not options or annotations_pb.ext_http not in options:
        return
    rule = options[annotations_pb.ext_http]
    for one in (rule, *rule.additional_bindings):
        pattern = one.pattern
        if pattern is None or pattern.field == "custom" or one.body not in {"", "*"} or one.response_body:
            raise ValueError(f"{method.parent.type_name}.{method.name}: the gateway does not know such an HTTP rule")
        yield Binding(pattern.field.upper(), str(pattern.value), one.body == "*")
