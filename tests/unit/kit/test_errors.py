"""Refusals: the reason follows from the name, and both languages travel with it."""

import pytest
from dealtrail.leads.v1 import leads_pb2
from google.rpc import error_details_pb2, status_pb2

from services.kit.errors import Problem, VersionMismatch, Violated
from services.kit.status import RULES_ZH, check, reason_of, to_details


def unpacked(problem):
    status = status_pb2.Status.FromString(to_details(problem))
    found = {}
    for detail in status.details:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.LocalizedMessage, error_details_pb2.BadRequest):
            message = kind()
            if detail.Unpack(message):
                found[kind.__name__] = message
    return found


def test_the_reason_is_the_name_of_the_fact():
    class LeadTouchedBy2Reps(Problem):
        """A fact of this test."""

    assert LeadTouchedBy2Reps.reason == "LEAD_TOUCHED_BY2_REPS"
    assert reason_of(to_details(VersionMismatch(version=3))) == "VERSION_MISMATCH"


def test_both_languages_and_the_facts_travel():
    found = unpacked(VersionMismatch(version=3))
    assert found["ErrorInfo"].metadata["version"] == "3"
    assert "3" in found["LocalizedMessage"].message
    assert found["LocalizedMessage"].locale == "zh-CN"


def test_a_broken_rule_names_its_field_as_the_json_has_it():
    with pytest.raises(Violated) as refused:
        check(leads_pb2.CreateLeadRequest(company=" ", owner_id="me", email="x"))
    fields = {violation.field for violation in unpacked(refused.value)["BadRequest"].field_violations}
    assert fields == {"company", "ownerId", "email"}


def test_chinese_names_the_limit():
    with pytest.raises(Violated) as refused:
        check(leads_pb2.CreateLeadRequest(company="x" * 201))
    assert refused.value.violations("zh") == [("company", RULES_ZH["string.max_len"].format(200))]
