"""Every rendered container runs as a process, and the release's own test sells: from lead to cash."""

import asyncio
import json
from contextlib import closing

import asyncpg
import nats
import pytest

from deploy.cluster.secrets import SERVICES
from tests.chart.cluster import cluster
from tests.chart.helm import EVERYTHING, render


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """Installed in Helm's order: the hook first, then everything at once."""
    objects = render(EVERYTHING | {"config": {"traceRatio": 0}})
    with cluster(objects, tmp_path_factory.mktemp("release")) as found:
        found.migrate()
        found.admit(*(found.start(name) for name in ("nats", *SERVICES)))
        yield found


def test_a_deal_goes_from_lead_to_cash(release):
    assert release.sell().splitlines()[-1] == "sold: from lead to cash"


def test_it_can_be_sold_again(release):
    assert "the figures count the sale" in release.sell()


def test_who_missed_changes_is_told_them(release):
    """The gateway reads streams anew for a browser that comes back: it may."""
    long_ago = "01900000-0000-7000-8000-000000000000"
    headers = {"last-event-id": long_ago}
    with closing(release.session()) as session, session.stream("GET", "/v1/live", headers=headers) as answer:
        assert any('"type":"LeadCaptured"' in line for line in answer.iter_lines())


@pytest.mark.parametrize("command", [["services.kit.republish"], ["services.timeline.rebuild"]], ids=str)
def test_operators_commands_are_let_do_their_work(release, command):
    release.operate("timeline", *command)


async def test_rows_of_a_version_without_keys_are_sealed_after_an_upgrade(release):
    connection = await asyncpg.connect(release.owner("leads"))
    with closing(release.session()) as session:
        lead = (
            session.post("/v1/leads", json={"company": "旧版科技", "channel": "展会"}).raise_for_status().json()["id"]
        )
        await connection.execute("UPDATE leads SET contact_name = '王旧' WHERE id = $1", lead)
        said = await asyncio.to_thread(release.seal)
        stands = await connection.fetchval("SELECT contact_name FROM leads WHERE id = $1", lead)
        shown = session.get(f"/v1/leads/{lead}").json()["contactName"]
    await connection.close()
    assert "leads: 1 rows sealed" in said
    assert (stands, shown) == ("", "王旧")


async def test_a_partner_that_is_taken_on_hears_of_the_sale(release):
    """The broker's accounts are there from the start; who is a partner comes by a ConfigMap while it runs."""
    partners = "gateway.identity.partners"
    me = json.loads(release.operate("gateway", partners, "onboard", "helm-test", "acme"))
    assert me["server"] == "tls://events.example.com:4222"
    users = release.operate("gateway", partners, "users")
    release.reconfigure("nats", "partners.conf", users, "Reloaded server configuration")
    broker = f"nats://{release.place('dealtrail-nats:4222')}"
    given = {"nkeys_seed_str": me["nkeySeed"], "inbox_prefix": me["inboxPrefix"], "allow_reconnect": False}
    async with await nats.connect(broker, **given) as client:
        events = await client.jetstream().pull_subscribe_bind(me["consumer"], stream=me["stream"])
        heard = await events.fetch(50, timeout=10)
        assert "deals.v1.opened" in {json.loads(one.data)["type"] for one in heard}
        for one in heard:
            await one.ack_sync()


def test_nobody_was_refused_by_the_broker(release):
    said = release.said().lower()
    assert "permissions violation" not in said
    assert "authorization violation" not in said
