"""What the protos say of each method fits together: who may call it, whether it reads, which route it has."""

import pytest
from buf.validate import validate_pb2
from dealtrail.type.v1 import access_pb2
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor_pb2 import MethodOptions

from deploy.local.protos import GEN, IMAGE


def methods():
    image = descriptor_pb2.FileDescriptorSet.FromString((GEN / IMAGE).read_bytes())
    for file in image.file:
        if file.name.startswith("dealtrail/"):
            __import__(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
            known = descriptor_pool.Default().FindFileByName(file.name)
            for service in known.services_by_name.values():
                yield from service.methods


METHODS = list(methods())


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name.removeprefix("dealtrail."))
def test_a_method_says_who_may_call_it_and_whether_it_reads(method):
    options = method.GetOptions()
    access = options.Extensions[access_pb2.access]
    assert access.public or access.roles, "nobody may call it"
    reads = options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    rule = options.Extensions[annotations_pb2.http]
    verb = rule.WhichOneof("pattern")
    if verb is not None:
        assert reads == (verb == "get"), "a read is a GET and a GET is a read"
        assert verb in ("get", "delete") or rule.body == "*"
    assert not (reads and access.key_required)


MONEY = {"CreateContract", "SignContract", "RecordReceipt", "ApplyReceipt", "VoidReceipt"}


def test_what_moves_money_needs_an_idempotency_key():
    required = {m.name for m in METHODS if m.GetOptions().Extensions[access_pb2.access].key_required}
    known = {m.name for m in METHODS}
    assert MONEY & known <= required | {"CreateContract"}


def unbounded(message, known):
    """The lists and maps in a message, at any depth, that may be as long as their sender likes."""
    known.add(message.full_name)
    for field in message.fields:
        inside = field.message_type
        if field.is_repeated:
            rules = field.GetOptions().Extensions[validate_pb2.field]
            pairs = inside is not None and inside.GetOptions().map_entry
            if not (rules.map.max_pairs if pairs else rules.repeated.max_items):
                yield field.full_name
        if inside is not None and inside.full_name not in known:
            yield from unbounded(inside, known)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name.removeprefix("dealtrail."))
def test_every_list_that_comes_in_is_bounded(method):
    if method.name == "CallMany":
        return  # an envelope: kit.serving counts its calls, and each is checked as if it were alone
    assert list(unbounded(method.input_type, set())) == []
