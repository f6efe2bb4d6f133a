"""The contract as generated: every service and method that has a route, found and not listed.

Routes are read from the descriptor image at once. The classes of messages, which take thirty times as long, are
loaded when a method is first called, or when somebody asks for all.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import wire.dealtrail
from dealtrail.type.v1 import access_pb2
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodDescriptorProto, MethodOptions
from protobuf import DescFile, DescMethod, Message

IMAGE = Path(wire.dealtrail.__path__[0]).parents[1] / "dealtrail.binpb"


@dataclass(frozen=True)
class Binding:
    """One HTTP rule of a method."""

    verb: str
    template: str
    body: bool


@dataclass(frozen=True)
class Method:
    """A method of the contract as the gateway needs it."""

    service: str
    """The full name of its service, such as "dealtrail.leads.v1.LeadsService"."""
    name: str
    module: str
    """The generated module in which the service stands."""
    reads: bool
    public: bool
    key_required: bool
    discloses: bool
    bindings: tuple[Binding, ...]

    @cached_property
    def path(self) -> str:
        """The gRPC path, such as "/dealtrail.leads.v1.LeadsService/GetLead"."""
        return f"/{self.service}/{self.name}"

    @cached_property
    def peer(self) -> str:
        """Who serves it, from the proto package: "leads", "identity" …"""
        return self.service.split(".")[1]

    @cached_property
    def descriptor(self) -> DescMethod:
        """The method with its messages, which are loaded by this."""
        return next(
            method
            for service in _described(self.module).services
            for method in service.methods
            if service.type_name == self.service and method.name == self.name
        )

    @cached_property
    def input(self) -> type[Message]:
        """The class of its requests."""
        return self.descriptor.input.type

    @cached_property
    def output(self) -> type[Message]:
        """The class of its answers."""
        return self.descriptor.output.type

    @cached_property
    def reveals(self) -> bool:
        """Whether the answer shows somebody's personal data for a purpose."""
        return self.discloses and any(field.name == "purpose" for field in self.input.desc().fields)


@dataclass(frozen=True)
class Service:
    """A service of the contract."""

    type_name: str
    """Its full name, such as "dealtrail.leads.v1.LeadsService"."""
    methods: tuple[Method, ...]
    """Those that have a route."""


@cache
def files() -> tuple[DescFile, ...]:
    """The descriptors of all proto files of Dealtrail, with all classes of messages."""
    modules = pkgutil.walk_packages(wire.dealtrail.__path__, "wire.dealtrail.")
    return tuple(_described(module.name) for module in modules if module.name.endswith("_pb"))


@cache
def services() -> tuple[Service, ...]:
    """All services, in the order of their packages and files."""
    image = FileDescriptorSet.FromString(IMAGE.read_bytes())
    found = sorted((_module(file.name), file) for file in image.file if file.package.startswith("dealtrail."))
    return tuple(
        Service(name, tuple(_methods(name, module, service.method)))
        for module, file in found
        for service in file.service
        for name in (f"{file.package}.{service.name}",)
    )


def methods() -> Iterator[Method]:
    """All methods that have a route."""
    for service in services():
        yield from service.methods


def _module(file: str) -> str:
    return f"wire.{file.removesuffix('.proto').replace('/', '.')}_pb"


def _described(module: str) -> DescFile:
    found: DescFile = importlib.import_module(module).desc()
    return found


def _methods(service: str, module: str, declared: Iterable[MethodDescriptorProto]) -> Iterator[Method]:
    for method in declared:
        if bindings := tuple(_bindings(f"{service}.{method.name}", method.options)):
            access = method.options.Extensions[access_pb2.access]
            yield Method(
                service=service,
                name=method.name,
                module=module,
                reads=method.options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS,
                public=access.public,
                key_required=access.key_required,
                discloses=access.discloses,
                bindings=bindings,
            )


def _bindings(method: str, options: MethodOptions) -> Iterator[Binding]:
    http: Any = annotations_pb2.http
    if not options.HasExtension(http):
        return
    rule = options.Extensions[http]
    for one in (rule, *rule.additional_bindings):
        verb = one.WhichOneof("pattern")
        if verb in {None, "custom"} or one.body not in {"", "*"} or one.response_body:
            raise ValueError(f"{method}: the gateway does not know such an HTTP rule")
        yield Binding(verb.upper(), getattr(one, verb), one.body == "*")
