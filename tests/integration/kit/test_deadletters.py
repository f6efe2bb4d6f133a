"""Dead letters are listed and replayed by command."""

import json
import os
import subprocess
import sys

import asyncpg
import pytest

from services.kit import deadletters
from services.kit import inbox as inbox_module
from tests.integration.kit.conftest import count, eventually, thing


@pytest.fixture
async def set_aside(road, monkeypatch):
    """Three events, two of them dead letters; and a way to heal the handler."""
    monkeypatch.setattr(inbox_module, "RETRY_S", 0.05)
    bad = [thing(), thing()]
    ill = {one.id for one in bad}

    async def handler(tx, event, envelope):
        if envelope.aggregate_id in ill:
            raise KeyError("a fact that is missing")
        await count(tx, event, envelope)

    road.relay()
    road.consumer(handler)
    (good, *dead) = await road.emit(thing(), *bad)
    await eventually(lambda: listed(road), sorted(dead))
    await eventually(road.counted, [good])
    return good, dead, ill.clear


async def listed(road):
    owner = await asyncpg.connect(road.access.owner)
    try:
        return sorted(letter["event_id"] for letter in await deadletters.listed(owner))
    finally:
        await owner.close()


def command(road, *arguments):
    told = {"DEALTRAIL_MIGRATION_URL": road.access.owner, "DEALTRAIL_NATS_URL": road.broker.url}
    run = [sys.executable, "-m", "services.kit.deadletters", *arguments]
    done = subprocess.run(run, env=os.environ | told, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


async def test_dead_letters_are_listed_without_what_they_say(road, set_aside):
    _, dead, _ = set_aside
    letters = [json.loads(line) for line in command(road, "list")]
    assert {letter["event_id"] for letter in letters} == {str(event) for event in dead}
    for letter in letters:
        assert letter["type"] == "dealtrail.leads.v1.LeadQualified"
        assert (letter["error"], letter["attempts"], letter["consumer"]) == ("KeyError", 3, "counting")
        assert "payload" not in letter


async def test_replayed_dead_letters_are_applied_and_gone_once_the_fault_is_mended(road, set_aside):
    good, dead, heal = set_aside
    heal()
    owner = await asyncpg.connect(road.access.owner)
    assert await deadletters.replay(owner, road.client, [dead[1]]) == 1
    await owner.close()
    await eventually(road.counted, [good, dead[1]])
    assert await listed(road) == [dead[0]]
    assert command(road, "replay") == ["sent 1 events again"]
    await eventually(road.counted, [good, dead[1], dead[0]])
    assert await listed(road) == []


async def test_a_replayed_event_that_fails_again_is_a_dead_letter_again(road, set_aside):
    good, dead, _ = set_aside
    owner = await asyncpg.connect(road.access.owner)
    assert await deadletters.replay(owner, road.client) == 2
    await eventually(lambda: listed(road), sorted(dead))
    await owner.close()
    assert await road.counted() == [good]


async def test_a_dead_letter_stays_if_it_cannot_be_sent(road, set_aside):
    _, dead, _ = set_aside
    owner = await asyncpg.connect(road.access.owner)
    await owner.execute("UPDATE dead_letters SET payload = $1", b"x" * 300_000)
    with pytest.raises(deadletters.streams.NotStored):
        await deadletters.replay(owner, road.client)
    await owner.close()
    assert await listed(road) == sorted(dead)
