"""The users of the chart's broker, on a server that runs with the chart's own settings."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import helm_python
import nats
import pytest
import yaml

from deploy.helm.users import CHART
from deploy.local.servers import Nats, free_ports
from deploy.local.shared import running
from services.kit.streams import ensure_stream

FROM = "dealtrail/charts/nats/templates/nats.yaml"
TENANT = "0190c1a0-0000-7000-8000-000000000000"


def settings(port, folder):
    """The server's settings as Helm renders them, but for where it listens and keeps things."""
    rendered = helm_python.Chart.load(CHART).render({"nats": {"enabled": True}}, name="dealtrail", namespace="default")
    objects = [one for one in yaml.safe_load_all(rendered[FROM]) if one]
    (text,) = [one["data"]["nats.conf"] for one in objects if "nats.conf" in one.get("data", {})]
    kept = [line for line in text.splitlines() if not line.startswith(("listen:", "http:"))]
    config = f'listen: "127.0.0.1:{port}"\n' + "\n".join(kept)
    for name in ("LEADS", "OPPORTUNITIES", "CONTRACTS", "TIMELINE", "ANALYTICS", "GATEWAY", "OPERATOR", "SYSTEM"):
        config = config.replace(f"$NATS_PASSWORD_{name}", f'"of-{name.lower()}"')
    return config.replace('"/data"', f'"{folder}"')


class ChartsNats(Nats):
    """nats-server as the chart runs it."""

    def prepare(self):
        super().prepare()
        self._settings.write_text(settings(self.port, self._settings.parent))


@pytest.fixture
async def users(tmp_path):
    """`async with users("leads") as client`: a connection of that user; `client.refusals` is what it was refused."""
    tmp_path.chmod(0o700)

    @asynccontextmanager
    async def connected(user):
        refusals = []

        async def hear(error):
            refusals.append(str(error).lower())

        client = await nats.connect(
            f"nats://127.0.0.1:{server.port}",
            user=user,
            password=f"of-{user}",
            inbox_prefix=f"_INBOX.{user}",
            error_cb=hear,
            allow_reconnect=False,
        )
        client.refusals = refusals
        try:
            yield client
        finally:
            await client.close()

    server = ChartsNats(tmp_path / "home", free_ports(1)[0], durable=False)
    async with AsyncExitStack() as stack:
        stack.enter_context(running(server))
        yield connected


async def settled(client):
    """What a client said has reached the server, and what the server refused has come back."""
    await client.flush()
    await asyncio.sleep(0.1)


async def test_a_service_forges_no_event_of_another(users):
    subject = f"dealtrail.leads.v1.LeadCreated.{TENANT}.{TENANT}.1"
    async with users("leads") as leads, users("timeline") as timeline:
        await ensure_stream(leads, "leads")
        await leads.jetstream().publish(subject, b"ours")
        await timeline.publish(subject, b"forged")
        await settled(timeline)
        assert any("permissions violation" in refusal and subject.lower() in refusal for refusal in timeline.refusals)
        assert (await leads.jetstream().stream_info("leads")).state.messages == 1


async def test_a_service_acknowledges_and_reads_nothing_for_another(users):
    async with users("leads") as leads, users("contracts") as contracts:
        await ensure_stream(leads, "leads")
        for subject in (
            "$JS.ACK.leads.timeline.1.1.1.1.0",
            "$JS.API.CONSUMER.MSG.NEXT.leads.timeline",
            "$JS.API.CONSUMER.DURABLE.CREATE.leads.timeline",
        ):
            await contracts.publish(subject, b"{}", reply="_INBOX.contracts.x")
        await settled(contracts)
        assert len(contracts.refusals) == 3
        assert (await leads.jetstream().stream_info("leads")).state.consumer_count == 0


async def test_a_service_neither_deletes_a_stream_nor_listens_to_anothers_answers(users):
    async with users("leads") as leads, users("analytics") as analytics:
        await ensure_stream(leads, "leads")
        await leads.publish("$JS.API.STREAM.DELETE.leads", b"", reply="_INBOX.leads.x")
        await analytics.subscribe("_INBOX.leads.>")
        await settled(leads)
        await settled(analytics)
        assert len(leads.refusals) == len(analytics.refusals) == 1
        assert (await leads.jetstream().stream_info("leads")).config.name == "leads"
