"""`make proto`: write gen/ from proto/: message classes, their stubs and one descriptor image."""

import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from google.api import http_pb2
from google.protobuf import descriptor_pb2
from grpc_tools import protoc
from protobuf.wkt.google.protobuf import descriptor_pb
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
GEN = ROOT / "gen"
IMAGE = "dealtrail.binpb"


def main() -> None:
    """Generate everything anew; leave nothing of a proto that has gone."""
    fresh = Path(tempfile.mkdtemp(prefix="gen.", dir=ROOT))
    try:
        _generate(fresh)
        fresh.chmod(0o755)
        shutil.rmtree(GEN, ignore_errors=True)
        fresh.rename(GEN)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_image(protos: Path, image: Path) -> None:
    """Write the descriptors of all files under `protos`, with comments and imports, to `image`."""
    _protoc(protos, [f"--descriptor_set_out={image}", "--include_imports", "--include_source_info", *_sources(protos)])


def _generate(target: Path) -> None:
    """Google's classes for the services; protobuf-py's, under wire/, for the gateway's native JSON."""
    (target / "wire").mkdir()
    stubs = [f"--python_out={target}", f"--mypy_out=quiet:{target}"]
    rules = ["buf/validate/validate.proto"]
    options = ["google/api/annotations.proto", "google/api/http.proto"]
    sources = _sources(PROTO)
    write_image(PROTO, target / IMAGE)
    _protoc(PROTO, [*stubs, *sources])
    _protoc(PROTO, [*stubs, *rules])
    _protoc(PROTO, [f"--py_out={target / 'wire'}", *sources, *rules, *options])


def _sources(protos: Path) -> list[str]:
    return sorted(path.relative_to(protos).as_posix() for path in protos.rglob("*.proto"))


def _protoc(protos: Path, arguments: list[str]) -> None:
    """Run protoc; its plugins stand beside this interpreter, whatever PATH the caller has."""
    os.environ["PATH"] = sysconfig.get_path("scripts") + os.pathsep + os.environ.get("PATH", os.defpath)
    paths = [f"--proto_path={protos}", f"--proto_path={Path(http_pb2.__file__).parents[2]}"]
    with tempfile.NamedTemporaryFile(suffix=".binpb") as rules:
        rules.write(_rules())
        rules.flush()
        if protoc.main(["protoc", *paths, f"--descriptor_set_in={rules.name}", *arguments]):
            sys.exit("protoc refused the contract; see above")


def _rules() -> bytes:
    """The descriptor of protovalidate's rules, from the installed package: nothing of it is vendored."""
    known: dict[str, bytes] = {}

    def collect(file: Any) -> None:
        for dependency in file.dependencies:
            collect(dependency)
        known[file.proto.name] = file.proto.to_binary()

    collect(validate_pb.desc())
    collect(descriptor_pb.desc())
    files = [descriptor_pb2.FileDescriptorProto.FromString(one) for one in known.values()]
    return descriptor_pb2.FileDescriptorSet(file=files).SerializeToString()


if __name__ == "__main__":
    main()
