"""What the audit log must keep says so in its proto, and names what it was done to."""

import re

import pytest
from dealtrail.type.v1 import access_pb2
from google.protobuf.descriptor_pb2 import MethodOptions

from tests.contract.test_methods import METHODS

DEEDS = re.compile(
    r"^(Reveal|Assign|Share|Sign|Cancel(?=Contract)|Record(?=Receipt)|BatchRecord(?=Receipts)|Apply|Void|Refund|Pay"
    r"|SetPassword|ChangePassword|Deactivate|Reactivate|Move|Rotate|Grant|Revoke(?!Session)|Erase|Export)"
)
"""Methods whose names say that they show personal data, change rights or move money."""
RIGHTS = re.compile(r"^(Create|BatchCreate|Update)(User|ExportQuota)")


def access(method):
    return method.GetOptions().Extensions[access_pb2.access]


def commands():
    return [m for m in METHODS if m.GetOptions().idempotency_level != MethodOptions.NO_SIDE_EFFECTS]


@pytest.mark.parametrize("method", commands(), ids=lambda method: method.full_name.removeprefix("dealtrail."))
def test_a_method_that_shows_people_changes_rights_or_moves_money_is_audited(method):
    if DEEDS.match(method.name) or RIGHTS.match(method.name):
        assert access(method).audited
    if method.name.startswith("Reveal"):
        assert access(method).discloses
        assert "purpose" in method.input_type.fields_by_name


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name.removeprefix("dealtrail."))
def test_only_commands_are_audited_and_what_discloses_is(method):
    reads = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    assert not (reads and access(method).audited), "a read-only transaction keeps no entry"
    assert not (access(method).discloses and not access(method).audited)
    if access(method).audited:
        assert not access(method).public, "nobody is known who did it"
