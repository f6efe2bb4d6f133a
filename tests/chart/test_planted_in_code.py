"""What does not fit the code is found: each mistake is planted in what was rendered, and named."""

from copy import deepcopy

import pytest

from tests.chart import against_code
from tests.chart.helm import EVERYTHING, render
from tests.chart.planting import container, find, named, pod


@pytest.fixture(scope="module")
def rendered():
    return render(EVERYTHING)


@pytest.fixture
def objects(rendered):
    return deepcopy(rendered)


def tell(objects, name, variable, value):
    """Change a variable, or add it; None takes it away."""
    env = container(objects, name)["env"]
    env[:] = [entry for entry in env if entry["name"] != variable]
    if value is not None:
        env.append({"name": variable, "value": value})


def grant(objects, old, new):
    """Change what the broker's users may do."""
    data = find(objects, "ConfigMap", "nats")["data"]
    assert old in data["nats.conf"]
    data["nats.conf"] = data["nats.conf"].replace(old, new)


def sealing(objects):
    """The pod that seals rows of before."""
    return pod(objects, "seal-1", "Job")


IN_CODE = {
    "an unknown variable": (
        lambda o: tell(o, "leads", "DEALTRAIL_POOLSIZE", "8"),
        "leads is told DEALTRAIL_POOLSIZE, which no setting is",
    ),
    "a gateway's variable at a service": (
        lambda o: tell(o, "leads", "DEALTRAIL_GATEWAY_PORT", "8080"),
        "leads is told DEALTRAIL_GATEWAY_PORT, which no setting is",
    ),
    "a missing variable": (
        lambda o: tell(o, "leads", "DEALTRAIL_NATS_URL_FILE", None),
        "leads is not told DEALTRAIL_NATS_URL",
    ),
    "a missing peer": (
        lambda o: tell(o, "leads", "DEALTRAIL_PEERS", "identity=dealtrail-gateway-headless:50051"),
        "leads is told of ['identity'] and calls ['identity', 'opportunities', 'timeline']",
    ),
    "a peer's wrong port": (
        lambda o: tell(
            o,
            "leads",
            "DEALTRAIL_PEERS",
            "identity=dealtrail-gateway-headless:50051,opportunities=dealtrail-opportunities-headless:9090,"
            "timeline=dealtrail-timeline-headless:50051",
        ),
        "opportunities at dealtrail-opportunities-headless:9090, where nobody is",
    ),
    "another port than it listens on": (
        lambda o: tell(o, "leads", "DEALTRAIL_METRICS_PORT", "9091"),
        "shows the port metrics 9090 and listens on 9091",
    ),
    "a port of this pod only": (
        lambda o: tell(o, "leads", "DEALTRAIL_LISTEN", "127.0.0.1:50051"),
        "listens where no other pod reaches it",
    ),
    "a file that is not mounted": (
        lambda o: tell(o, "leads", "DEALTRAIL_TOKEN_SECRET", "/etc/dealtrail/token"),
        "is told DEALTRAIL_TOKEN_SECRET=/etc/dealtrail/token, where nothing is",
    ),
    "a key that the secret has not": (
        lambda o: pod(o, "leads")["volumes"][0]["projected"]["sources"][0]["secret"]["items"][0].update(key="uri"),
        "wants uri of dealtrail-leads, which has none",
    ),
    "no such program": (
        lambda o: container(o, "leads").update(command=["python", "-m", "services.lead"]),
        "runs services.lead, which is no program",
    ),
    "too little time to end": (
        lambda o: pod(o, "leads").update(terminationGracePeriodSeconds=45),
        "leads is killed before it has ended by itself",
    ),
    "a stream that nobody watches": (
        lambda o: find(o, "ScaledObject", "timeline")["spec"]["triggers"].pop(),
        "timeline does not watch what timeline reads",
    ),
    "another's consumer": (
        lambda o: find(o, "ScaledObject", "timeline")["spec"]["triggers"][1]["metadata"].update(consumer="leads"),
        "watches consumers of contracts that are not timeline's",
    ),
    "a setting that no value reaches": (
        lambda o: tell(o, "gateway", "DEALTRAIL_FAILURE_RATE", None),
        "gateway cannot be told DEALTRAIL_FAILURE_RATE",
    ),
    "an account without streams": (
        lambda o: find(o, "ScaledObject", "timeline")["spec"]["triggers"][1]["metadata"].update(account="$G"),
        "timeline looks for streams in $G, where none is",
    ),
    "acknowledgements that are offered in one form only": (
        lambda o: grant(o, ',{"service":"$JS.ACK.*.*.deals.*.>"}]', "]"),
        "the exports of DEALTRAIL are",
    ),
    "an import too wide": (
        lambda o: grant(o, '"subject":"$JS.ACK.deals.*.>"', '"subject":"$JS.ACK.>"'),
        "the imports of PARTNERS are",
    ),
    "partners without a limit": (
        lambda o: grant(o, '"max_connections":256', '"max_connections":-1'),
        "the limits of PARTNERS are",
    ),
    "streams of partners": (
        lambda o: grant(o, "  PARTNERS {", "  PARTNERS {\n    jetstream: enabled"),
        "PARTNERS has what is DEALTRAIL's",
    ),
    "no partners": (
        lambda o: grant(o, '    include "partners.conf"\n', ""),
        "PARTNERS does not include partners.conf",
    ),
    "no file of partners": (
        lambda o: pod(o, "nats", "StatefulSet")["volumes"][0]["projected"]["sources"].pop(),
        "StatefulSet/dealtrail-nats starts without partners.conf",
    ),
    "nobody who sees new partners": (
        lambda o: pod(o, "nats", "StatefulSet")["containers"].pop(),
        "dealtrail-nats does not see that partners.conf changes",
    ),
    "a server that cannot be told": (
        lambda o: pod(o, "nats", "StatefulSet").pop("shareProcessNamespace"),
        "dealtrail-nats cannot be told that partners.conf has changed",
    ),
    "rows that nobody seals": (
        lambda o: sealing(o)["containers"].pop(),
        "dealtrail-seal-1 leaves rows of timeline in the open",
    ),
    "rows that are sealed in another's database": (
        lambda o: sealing(o)["containers"][1]["env"][0]["valueFrom"]["secretKeyRef"].update(
            name="dealtrail-timeline-owner"
        ),
        "dealtrail-seal-1 leaves rows of leads in the open",
    ),
    "sealing without keys": (
        lambda o: sealing(o)["containers"][0]["env"].pop(),
        "dealtrail-seal-1 seals without the master keys",
    ),
    "keys that nobody changes": (
        lambda o: pod(o, "rekey-2026-11", "Job")["containers"].pop(),
        "dealtrail-rekey-2026-11 leaves the keys of timeline as they are",
    ),
    "keys that are changed without those above": (
        lambda o: pod(o, "rekey-2026-11", "Job")["containers"][0]["env"].pop(),
        "dealtrail-rekey-2026-11 changes keys without the master keys",
    ),
    "a right too few": (
        lambda o: grant(o, '"$JS.ACK.leads.timeline.>",', ""),
        "timeline may not publish $JS.ACK.leads.timeline.1.2.3.4.5",
    ),
    "a right to hear too few": (
        lambda o: grant(o, '"_INBOX.timeline.>"', '"_INBOX.x.>"'),
        "timeline may not subscribe _INBOX.timeline.x.*",
    ),
    "a right too many": (
        lambda o: grant(o, '"dealtrail.leads.>"', '"dealtrail.>"'),
        "leads may publish dealtrail.contracts.v1.",
    ),
    "a right to destroy": (
        lambda o: grant(o, '"$JS.API.STREAM.UPDATE.leads"', '"$JS.API.STREAM.*.leads"'),
        "leads may publish $JS.API.STREAM.DELETE.leads",
    ),
}


@pytest.mark.parametrize("mistake", IN_CODE)
def test_what_does_not_fit_the_code_is_found(objects, mistake):
    named(against_code, objects, IN_CODE, mistake)
