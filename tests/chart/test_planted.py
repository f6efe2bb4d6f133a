"""The checks of the chart find what they are for: each mistake is planted in what was rendered, and named."""

from copy import deepcopy

import pytest

from tests.chart import against_code, coherence, metrics, policy, validity
from tests.chart.helm import EVERYTHING, of_kind, render


@pytest.fixture(scope="module")
def rendered():
    return render(EVERYTHING)


@pytest.fixture
def objects(rendered):
    return deepcopy(rendered)


def find(objects, kind, name):
    [one] = [one for one in of_kind(objects, kind) if one["metadata"]["name"] == f"dealtrail-{name}"]
    return one


def pod(objects, name, kind="Deployment"):
    return find(objects, kind, name)["spec"]["template"]["spec"]


def container(objects, name):
    return pod(objects, name)["containers"][0]


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
        "leads is told of ['identity'] and calls ['identity', 'opportunities']",
    ),
    "a peer's wrong port": (
        lambda o: tell(
            o,
            "leads",
            "DEALTRAIL_PEERS",
            "identity=dealtrail-gateway-headless:50051,opportunities=dealtrail-opportunities-headless:9090",
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
        "watches a consumer that is not timeline's",
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

AMONG_OBJECTS = {
    "a Deployment's selector": (
        lambda o: find(o, "Deployment", "leads")["spec"]["selector"]["matchLabels"].update(a="b"),
        "Deployment/dealtrail-leads does not select its own pods",
    ),
    "a Service's selector": (
        lambda o: find(o, "Service", "leads-headless")["spec"]["selector"].update(
            {"app.kubernetes.io/component": "lead"}
        ),
        "Service/dealtrail-leads-headless selects 0 workloads",
    ),
    "a Service that is too wide": (
        lambda o: find(o, "Service", "leads-headless")["spec"]["selector"].pop("app.kubernetes.io/component"),
        "Service/dealtrail-leads-headless selects",
    ),
    "a Service's port": (
        lambda o: find(o, "Service", "leads-headless")["spec"]["ports"][0].update(targetPort="http"),
        "leads to the port http, which its pods do not have",
    ),
    "a policy for nobody": (
        lambda o: find(o, "NetworkPolicy", "leads")["spec"]["podSelector"]["matchLabels"].update(a="b"),
        "NetworkPolicy/dealtrail-leads protects nobody",
    ),
    "a policy's port": (
        lambda o: find(o, "NetworkPolicy", "leads")["spec"]["ingress"][0]["ports"][0].update(port="http"),
        "opens the port http, which its pods do not have",
    ),
    "a budget for nobody": (
        lambda o: find(o, "PodDisruptionBudget", "leads")["spec"]["selector"]["matchLabels"].update(a="b"),
        "PodDisruptionBudget/dealtrail-leads does not guard one workload",
    ),
    "two who count pods": (
        lambda o: find(o, "Deployment", "gateway")["spec"].update(replicas=2),
        "both say how many pods there are",
    ),
    "a volume that is not there": (
        lambda o: container(o, "leads")["volumeMounts"][0].update(name="secret"),
        "mounts secret, which it does not have",
    ),
    "a monitor's port": (
        lambda o: of_kind(o, "PodMonitor")[0]["spec"]["podMetricsEndpoints"][0].update(port="web"),
        "reads the port web, which its pods do not have",
    ),
    "an Ingress to nowhere": (
        lambda o: of_kind(o, "Ingress")[0]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"].update(
            name="x"
        ),
        "which does not exist",
    ),
}

IN_PODS = {
    "root": (lambda o: pod(o, "leads")["securityContext"].update(runAsNonRoot=False), "may run as root"),
    "a writable root": (
        lambda o: container(o, "leads")["securityContext"].update(readOnlyRootFilesystem=False),
        "does not say readOnlyRootFilesystem",
    ),
    "the newest image": (
        lambda o: container(o, "leads").update(image="registry:5000/dealtrail"),
        "runs whatever registry:5000/dealtrail is today",
    ),
    "no bound": (lambda o: container(o, "leads")["resources"]["limits"].pop("memory"), "has no memory in its limits"),
    "a folder of the node": (
        lambda o: pod(o, "leads")["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
        "mounts ['hostPath']",
    ),
    "a token": (
        lambda o: pod(o, "leads").update(automountServiceAccountToken=True),
        "is given a token of the API server",
    ),
}

TO_KUBERNETES = {
    "a misspelt field": (lambda o: container(o, "leads").update(imagePolicy="Always"), "imagePolicy"),
    "a misspelt field of KEDA": (
        lambda o: find(o, "ScaledObject", "timeline")["spec"].update(maxReplicas=3),
        "maxReplicas",
    ),
    "a number as text": (lambda o: find(o, "Deployment", "leads")["spec"].update(replicas="2"), "'2' is not"),
}


def rule(objects):
    return of_kind(objects, "PrometheusRule")[0]["spec"]["groups"][0]["rules"][0]


def dashboard(objects):
    data = find(objects, "ConfigMap", "dashboard-requests")["data"]
    data["requests.json"] = data["requests.json"].replace("dealtrail_http_server", "dealtrail_web_server")


IN_EXPRESSIONS = {
    "a rule's metric": (
        lambda o: rule(o).update(expr='sum(rate(dealtrail_requests_total{status="5xx"}[5m])) > 1'),
        "reads dealtrail_requests_total, which nobody shows",
    ),
    "a dashboard's metric": (dashboard, "reads dealtrail_web_server_duration_seconds"),
}


def named(check, objects, mistakes, mistake):
    assert check.faults(objects) == []
    plant, fault = mistakes[mistake]
    plant(objects)
    found = check.faults(objects)
    assert any(fault in one for one in found), found


@pytest.mark.parametrize("mistake", IN_CODE)
def test_what_does_not_fit_the_code_is_found(objects, mistake):
    named(against_code, objects, IN_CODE, mistake)


@pytest.mark.parametrize("mistake", AMONG_OBJECTS)
def test_what_does_not_fit_its_neighbours_is_found(objects, mistake):
    named(coherence, objects, AMONG_OBJECTS, mistake)


@pytest.mark.parametrize("mistake", IN_PODS)
def test_what_is_not_safe_is_found(objects, mistake):
    named(policy, objects, IN_PODS, mistake)


@pytest.mark.parametrize("mistake", IN_EXPRESSIONS)
def test_what_no_process_shows_is_found(objects, mistake):
    named(metrics, objects, IN_EXPRESSIONS, mistake)


@pytest.mark.parametrize("mistake", TO_KUBERNETES)
def test_what_kubernetes_does_not_know_is_found(objects, mistake):
    plant, fault = TO_KUBERNETES[mistake]
    plant(objects)
    assert any(fault in one for one in validity.faults(objects))
