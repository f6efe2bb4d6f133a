"""The checks of the chart find what they are for: each mistake is planted in what was rendered, and named."""

from copy import deepcopy

import pytest

from tests.chart import coherence, metrics, policy, validity
from tests.chart.helm import EVERYTHING, of_kind, render
from tests.chart.planting import container, find, named, pod


@pytest.fixture(scope="module")
def rendered():
    return render(EVERYTHING)


@pytest.fixture
def objects(rendered):
    return deepcopy(rendered)


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
    "a ConfigMap that is not there": (
        lambda o: o.remove(find(o, "ConfigMap", "nats-partners")),
        "StatefulSet/dealtrail-nats mounts a ConfigMap that does not exist",
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
    "a secret that all may read": (
        lambda o: pod(o, "leads")["volumes"][0]["projected"].update(defaultMode=0o444),
        "shows the secrets in secrets to others",
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
