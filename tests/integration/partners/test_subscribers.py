"""The subscribers of docs/partner-events.md, taken from there and run as a partner runs them."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from dealtrail.opportunities.v1 import deals_pb2, feed_pb2

from deploy.local.layout import ROOT
from gateway.identity.partners.__main__ import credentials
from services.kit import public, streams
from services.kit.events import Envelope
from services.opportunities.feed.operations import FEED

DOCUMENT = (ROOT / "docs" / "partner-events.md").read_text()
PACKAGES = Path(__file__).parent / "typescript"


def block(language):
    """The first block of that language which is a program."""
    return next(one for one in re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL) if "import" in one)


def told(tenant_id, deal_id, version, name):
    """An event as the translator makes it."""
    now = datetime.now(UTC)
    envelope = Envelope(uuid4(), tenant_id, "", uuid4(), now, now, deal_id, version, None, None, ())
    state = {"won": deals_pb2.Deal.WON}.get(name, deals_pb2.Deal.OPEN)
    data = getattr(feed_pb2.FeedEvent, name.capitalize())(
        deal=feed_pb2.FeedDeal(id=str(deal_id), state=state, version=version)
    )
    return public.public_event(FEED, name, data, envelope)


async def lines(process, count):
    async with asyncio.timeout(90):
        return [(await process.stdout.readline()).decode().strip() for _ in range(count)]


async def follows(office, partner, folder, *command):
    """The subscriber prints each event once, late and repeated ones not at all, and everything is acknowledged."""
    deal = uuid4()
    opened, advanced, won = (
        told(partner.user.tenant_id, deal, version, name)
        for version, name in ((1, "opened"), (2, "advanced"), (3, "won"))
    )

    async def send(event, again=""):
        headers = event.headers | {"Nats-Msg-Id": event.headers["Nats-Msg-Id"] + again}
        await streams.store(office.client, event.subject, event.payload, headers)

    await send(opened)
    (folder / "acme.json").write_text(json.dumps(credentials(partner.user, partner.told)))
    process = await asyncio.create_subprocess_exec(
        *command, str(folder / "acme.json"), cwd=folder, stdout=subprocess.PIPE, stderr=(folder / "stderr").open("wb")
    )
    try:
        first = await lines(process, 1)
        for event, again in ((won, ""), (won, ":again"), (advanced, ""), (opened, ":again")):
            await send(event, again)
        other = told(partner.user.tenant_id, uuid4(), 1, "opened")
        await send(other)
        rest = await lines(process, 2)
        assert [*first, *rest] == [
            f"deals.v1.opened {deal} OPEN 1",
            f"deals.v1.won {deal} WON 3",
            f"deals.v1.opened {other.aggregate_id} OPEN 1",
        ]

        async def acknowledged():
            while (known := await office.consumer(partner.user)).num_pending or known.num_ack_pending:
                await asyncio.sleep(0.02)

        await asyncio.wait_for(acknowledged(), 60)
    finally:
        process.kill()
        await process.wait()
    assert "ermission" not in (folder / "stderr").read_text()


def test_the_programs_are_short():
    for language in ("python", "typescript"):
        assert len([line for line in block(language).splitlines() if line]) <= 20


async def test_the_python_subscriber_follows_deals(office, partners, tmp_path):
    (tmp_path / "follow.py").write_text(block("python"))
    await follows(office, partners[0], tmp_path, sys.executable, "follow.py")


@pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm to bring the packages of the TypeScript program")
async def test_the_typescript_subscriber_compiles_and_follows_deals(office, partners, tmp_path):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGES / name, tmp_path)
    (tmp_path / "follow.ts").write_text(block("typescript"))
    brought = await ran(tmp_path, "npm", "ci", "--no-audit", "--no-fund", "--silent", "--prefer-offline")
    if brought:
        pytest.skip(f"the packages of the TypeScript program cannot be had here: {brought[-300:]}")
    strict = ("--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "follow.ts")
    assert await ran(tmp_path, "node_modules/.bin/tsc", *strict) == ""
    await follows(office, partners[0], tmp_path, "node", "follow.js")


async def ran(folder, *command):
    """What a command says that fails; "" if it does not."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return said.decode() if process.returncode else ""
