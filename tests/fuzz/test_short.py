"""A short fuzz with a fixed seed at every door; `make fuzz` is the long one, with another seed each time."""

import json
from random import Random

import pytest

from tests.fuzz import calls, events, files, openapi, requests
from tests.fuzz.findings import Outcome, write
from tests.fuzz.target import Target

SEED = 20261122


@pytest.fixture
async def target(stack, town):
    return await Target.of(stack, await town.company("fuzz"))


def test_the_report_says_what_was_tried_and_what_was_wrong(tmp_path):
    outcome = Outcome("A door")
    outcome.tried("noise", "400")
    outcome.tried("noise", "500", "GET / -> 500")
    write(SEED, [outcome], tmp_path)
    (part,) = json.loads((tmp_path / "report.json").read_text())["parts"]
    assert (part["cases"], part["findings"]) == ({"noise": 2}, ["noise: GET / -> 500"])
    assert f"make fuzz SEED={SEED}" in (tmp_path / "report.md").read_text()


async def test_whatever_bytes_a_service_is_called_with_it_refuses_them_and_goes_on(target):
    outcome = await calls.run(target, Random(SEED), 1)
    assert outcome.findings == []
    assert outcome.cases.total() > 1000


async def test_whatever_http_the_gateway_is_sent_it_answers_as_to_a_client_at_fault(target):
    outcome = await requests.run(target, Random(SEED), 0)
    assert outcome.findings == []


async def test_garbage_on_a_subject_is_set_aside_and_the_next_event_is_applied(target):
    outcome = await events.run(target, Random(SEED), 0)
    assert outcome.findings == []


async def test_a_bomb_in_a_file_is_refused_in_bounded_memory_while_the_gateway_goes_on(target):
    outcome = await files.run(target, Random(SEED), 0)
    assert outcome.findings == []


async def test_what_the_openapi_document_says_of_the_api_is_true(target):
    outcome = await openapi.run(target, Random(SEED), 10)
    assert outcome.findings == []
    assert outcome.cases
