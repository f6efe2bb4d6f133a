"""What the chart renders is valid, safe, coherent, and what the code needs; Helm's own engine renders it."""

import pytest
import yaml

from deploy.cluster.secrets import SERVICES
from deploy.helm import values as chart_values
from deploy.local.roles import ROLES, database_of
from tests.chart import against_code, coherence, metrics, policy, validity
from tests.chart.helm import CHART, EVERYTHING, Refused, defaults, lint, name, notes, of_kind, pods, render, values

EXAMPLES = sorted((CHART / "examples").glob("values-*.yaml"))
VARIANTS = {
    "defaults": {},
    "everything": EVERYTHING,
    "init": EVERYTHING | {"migrations": {"mode": "init"}},
    "none": {"migrations": {"mode": "none"}, "networkPolicy": {"enabled": False}},
    "strangers kept out": {"networkPolicy": {"clients": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]}},
    **{path.stem: values(path) for path in EXAMPLES},
}
UPGRADE = "an upgrade"


@pytest.fixture(scope="module", params=[*VARIANTS, UPGRADE], ids=str)
def objects(request):
    return render(EVERYTHING, upgrade=True) if request.param == UPGRADE else render(VARIANTS[request.param])


def test_kubernetes_and_the_operators_take_every_object(objects):
    assert validity.faults(objects) == []


def test_every_pod_keeps_to_the_restricted_standard(objects):
    assert policy.faults(objects) == []


def test_objects_fit_each_other(objects):
    assert coherence.faults(objects) == []


def test_the_chart_says_what_the_code_needs(objects):
    assert against_code.faults(objects) == []


def test_rules_and_dashboards_read_what_is_shown():
    objects = render(EVERYTHING)
    assert {where.partition("/")[0] for where, _ in metrics.expressions(objects)} == {"PrometheusRule", "ConfigMap"}
    assert metrics.faults(objects) == []


def test_no_two_objects_have_one_name(objects):
    names = [name(one) for one in objects]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("given", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_the_linter_has_nothing_against_it(given):
    assert lint(given) == []


@pytest.mark.parametrize(
    "given",
    [
        {"servces": {}},
        {"services": {"leads": {"replica": 3}}},
        {"services": {"billing": {"module": "services.billing"}}},
        {"image": {"tag": "latest"}},
        {"migrations": {"mode": "later"}},
        {"shutdown": {"graceSeconds": 30}},
        {"defaults": {"env": {"DEALTRAIL_POOL": "3"}}},
        {"nats": {"replicas": 3}},
        {"gateway": {"partnersNatsUrl": "nats://operator:secret@events.example.com:4222"}},
    ],
    ids=str,
)
def test_a_value_that_means_nothing_is_refused(given):
    with pytest.raises(Refused):
        render(given)


def test_migrations_before_an_installation_use_nothing_that_the_chart_makes():
    objects = render(EVERYTHING)
    made = {one["metadata"]["name"] for one in of_kind(objects, "Secret", "ConfigMap", "ServiceAccount")}
    [(_, _, spec)] = [pod for pod in pods(objects) if pod[0].startswith("Job/dealtrail-migrate-")]
    assert "serviceAccountName" not in spec
    assert "volumes" not in spec
    used = {entry["valueFrom"]["secretKeyRef"]["name"] for one in spec["containers"] for entry in one["env"]}
    assert used.isdisjoint(made)
    assert len(spec["containers"]) == len(defaults()["services"])


@pytest.mark.parametrize("mode", ["hook", "init"])
def test_rows_of_before_are_sealed_when_the_pods_of_before_have_ended(mode):
    given = EVERYTHING | {"migrations": {"mode": mode}}
    [installed], [upgraded] = (
        [one for one in of_kind(render(given, upgrade=upgrade), "Job") if "-seal-" in one["metadata"]["name"]]
        for upgrade in (False, True)
    )
    assert upgraded["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade"
    assert "initContainers" not in installed["spec"]["template"]["spec"]
    [wait] = upgraded["spec"]["template"]["spec"]["initContainers"]
    assert wait["command"] == ["sleep", str(defaults()["shutdown"]["graceSeconds"])]


def test_only_the_gateway_is_given_the_private_keys():
    for whose, _, spec in pods(render(EVERYTHING)):
        keys = [
            item["key"]
            for volume in spec.get("volumes", [])
            for source in volume.get("projected", {}).get("sources", [])
            if "secret" in source
            for item in source["secret"]["items"]
        ]
        assert ("internal.private.jwks" in keys) == (whose == "Deployment/dealtrail-gateway"), whose


def test_no_secret_stands_in_an_environment_of_what_runs_for_long():
    for one in of_kind(render(EVERYTHING), "Deployment"):
        for container in one["spec"]["template"]["spec"]["containers"]:
            assert all("value" in entry for entry in container["env"]), name(one)


def test_nothing_gets_in_or_out_unless_a_policy_says_so():
    objects = render(EVERYTHING)
    [deny] = [one for one in of_kind(objects, "NetworkPolicy") if one["metadata"]["name"].endswith("deny-all")]
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(deny["spec"])
    for whose, metadata, _ in pods(objects):
        if "nats" not in whose:
            assert coherence.matches(deny["spec"]["podSelector"], metadata["labels"]), whose


def test_the_notes_say_how_to_see_that_it_sells():
    assert "helm test dealtrail --namespace sales" in notes({})
    assert "evaluation" in notes(EVERYTHING)
    assert "evaluation" not in notes({})


def test_the_readme_names_every_value():
    assert chart_values.README.read_text() == chart_values.readme(), "python -m deploy.helm.values"


def test_the_accounts_of_the_broker_are_those_of_the_code():
    assert chart_values.ACCOUNTS.read_text() == chart_values.accounts(), "python -m deploy.helm.values"


def test_the_example_for_the_official_broker_has_the_same_users_and_accounts():
    assert chart_values.NATS.read_text() == chart_values.nats(), "python -m deploy.helm.values"


def test_the_example_of_databases_has_what_the_secrets_enter():
    objects = list(yaml.safe_load_all((CHART / "examples" / "cloudnative-pg.yaml").read_text()))
    [cluster] = of_kind(objects, "Cluster")
    databases = {one["spec"]["name"] for one in of_kind(objects, "Database")}
    assert databases | {cluster["spec"]["bootstrap"]["initdb"]["database"]} == set(map(database_of, SERVICES))
    roles = {role["name"]: role["passwordSecret"]["name"] for role in cluster["spec"]["managed"]["roles"]}
    assert roles == {role: role.replace("_", "-") for role in ROLES}
