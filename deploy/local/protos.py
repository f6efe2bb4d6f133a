"""`make proto`: write gen/ from proto/: message classes, their stubs and one descriptor image."""

import shutil
import sys
from pathlib import Path

from google.api import http_pb2
from google.protobuf import descriptor_pb2
from grpc_tools import protoc
from protobuf.wkt.google.protobuf import descriptor_pb
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).resolve().parents[2]
GEN = ROOT / "gen"
IMAGE = "dealtrail.binpb"


def main() -> None:
    """Generate everything anew; leave nothing of a proto that has gone."""
    shutil.rmtree(GEN, ignore_errors=True)
    GEN.mkdir()
    rules = GEN / "validate.binpb"
    rules.write_bytes(_rules())
    sources = sorted(str(p.relative_to(ROOT / "proto")) for p in (ROOT / "proto").rglob("*.proto"))
    common = Path(http_pb2.__file__).parents[2]
    _protoc(sources, f"--proto_path={ROOT / 'proto'}", f"--proto_path={common}", f"--descriptor_set_in={rules}")
    rules.unlink()


def _rules() -> bytes:
    """The descriptor of protovalidate's rules, from the installed package: nothing of it is vendored."""
    known = {}

    def collect(file: object) -> None:
        for dependency in file.dependencies:  # type: ignore[attr-defined]
            collect(dependency)
        known[file.proto.name] = file.proto.to_binary()  # type: ignore[attr-defined]

    collect(validate_pb.desc())
    collect(descriptor_pb.desc())
    return descriptor_pb2.FileDescriptorSet(
        file=[descriptor_pb2.FileDescriptorProto.FromString(one) for one in known.values()]
    ).SerializeToString()


def _protoc(sources: list[str], *paths: str) -> None:
    """Google's classes for the services; protobuf-py's, under gen/wire, for the gateway's native JSON."""
    (GEN / "wire").mkdir()
    stubs = [f"--{kind}_out={GEN}" for kind in ("python", "mypy")]
    image = [f"--descriptor_set_out={GEN / IMAGE}", "--include_imports", "--include_source_info"]
    rules = ["buf/validate/validate.proto"]
    options = ["google/api/annotations.proto", "google/api/http.proto"]
    for arguments in ([*stubs, *image, *sources], [*stubs, *rules], [f"--py_out={GEN / 'wire'}", *sources, *rules, *options]):
        if protoc.main(["protoc", *paths, *arguments]):
            sys.exit("protoc refused the contract; see above")


if __name__ == "__main__":
    main()
