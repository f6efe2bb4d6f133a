"""Whether objects fit each other: selectors, ports, volumes, names. What does not is taken, and nothing works."""

from collections.abc import Iterator

from tests.chart.helm import Object, containers, name, of_kind, pods


def faults(objects: list[Object]) -> list[str]:
    """What would be installed without a word and not work."""
    checks = (_workloads, _services, _policies, _budgets_and_scalers, _pods, _ingresses, _monitors)
    return [fault for check in checks for fault in check(objects)]


def matches(selector: Object | None, labels: Object) -> bool:
    """Whether a label selector selects."""
    return (selector or {}).get("matchLabels", {}).items() <= labels.items()


def selected(objects: list[Object], selector: Object) -> list[Object]:
    """Specs of the pods that a selector selects."""
    return [spec for _, metadata, spec in pods(objects) if matches(selector, metadata["labels"])]


def ports(spec: Object) -> dict[str, int]:
    """The named ports of a pod."""
    return {port["name"]: port["containerPort"] for one in spec["containers"] for port in one.get("ports", [])}


def _workloads(objects: list[Object]) -> Iterator[str]:
    for one in of_kind(objects, "Deployment", "StatefulSet"):
        if not matches(one["spec"]["selector"], one["spec"]["template"]["metadata"]["labels"]):
            yield f"{name(one)} does not select its own pods"
        owners = [other for other in of_kind(objects, "Deployment", "StatefulSet") if other is not one]
        if any(matches(one["spec"]["selector"], other["spec"]["template"]["metadata"]["labels"]) for other in owners):
            yield f"{name(one)} selects the pods of another"


def _services(objects: list[Object]) -> Iterator[str]:
    for one in of_kind(objects, "Service"):
        specs = selected(objects, {"matchLabels": one["spec"]["selector"]})
        if len(specs) != 1:
            yield f"{name(one)} selects {len(specs)} workloads"
        for port in one["spec"]["ports"]:
            if any(port["targetPort"] not in ports(spec) for spec in specs):
                yield f"{name(one)} leads to the port {port['targetPort']}, which its pods do not have"


def _policies(objects: list[Object]) -> Iterator[str]:
    for one in of_kind(objects, "NetworkPolicy"):
        specs = selected(objects, one["spec"]["podSelector"])
        if not specs:
            yield f"{name(one)} protects nobody"
        for rule in one["spec"].get("ingress", []):
            for port in rule.get("ports", []):
                if not any(port["port"] in ports(spec) for spec in specs):
                    yield f"{name(one)} opens the port {port['port']}, which its pods do not have"
            yield from _peers(one, objects, rule.get("from", []), [])
        for rule in one["spec"].get("egress") or []:
            yield from _peers(one, objects, rule.get("to", []), [port["port"] for port in rule["ports"]])


def _peers(policy: Object, objects: list[Object], peers: list[Object], wanted: list[str | int]) -> Iterator[str]:
    for peer in peers:
        if "app.kubernetes.io/instance" not in peer.get("podSelector", {}).get("matchLabels", {}):
            continue  # nobody of this release
        specs = selected(objects, peer["podSelector"])
        if not specs:
            yield f"{name(policy)} names a peer that nobody is: {peer['podSelector']['matchLabels']}"
        for spec in specs:
            known = ports(spec)
            if any(port not in known and port not in known.values() for port in wanted):
                yield f"{name(policy)} lets out to {wanted}, which the peer does not listen on"


def _budgets_and_scalers(objects: list[Object]) -> Iterator[str]:
    workloads = {(one["kind"], one["metadata"]["name"]): one for one in of_kind(objects, "Deployment")}
    for one in of_kind(objects, "PodDisruptionBudget"):
        if len(selected(objects, one["spec"]["selector"])) != 1:
            yield f"{name(one)} does not guard one workload"
    for one in of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject"):
        target = workloads.get((one["spec"]["scaleTargetRef"]["kind"], one["spec"]["scaleTargetRef"]["name"]))
        if target is None:
            yield f"{name(one)} scales what is not there"
        elif "replicas" in target["spec"]:
            yield f"{name(one)} and {name(target)} both say how many pods there are"


def _pods(objects: list[Object]) -> Iterator[str]:
    accounts = {one["metadata"]["name"] for one in of_kind(objects, "ServiceAccount")}
    maps = {one["metadata"]["name"] for one in of_kind(objects, "ConfigMap")}
    claims = {
        claim["metadata"]["name"]
        for one in of_kind(objects, "StatefulSet")
        for claim in one["spec"].get("volumeClaimTemplates", [])
    }
    for whose, metadata, spec in pods(objects):
        if (account := spec.get("serviceAccountName")) and account not in accounts:
            yield f"{whose} runs as {account}, who does not exist"
        for volume in spec.get("volumes", []):
            for source in (volume, *volume.get("projected", {}).get("sources", [])):
                if "configMap" in source and source["configMap"]["name"] not in maps:
                    yield f"{whose} mounts a ConfigMap that does not exist"
        for constraint in spec.get("topologySpreadConstraints", []):
            if not matches(constraint["labelSelector"], metadata["labels"]):
                yield f"{whose} is spread among pods that are not its own"
        yield from (f"{whose} {fault}" for fault in _containers(spec, claims))


def _containers(spec: Object, claims: set[str]) -> Iterator[str]:
    known = {volume["name"] for volume in spec.get("volumes", [])} | claims
    for container in containers(spec):
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in known:
                yield f"mounts {mount['name']}, which it does not have"
    names = [container["name"] for container in containers(spec)]
    if len(names) != len(set(names)):
        yield "has two containers of one name"


def _ingresses(objects: list[Object]) -> Iterator[str]:
    services = {
        one["metadata"]["name"]: {port["name"] for port in one["spec"]["ports"]} for one in of_kind(objects, "Service")
    }
    for one in of_kind(objects, "Ingress"):
        for rule in one["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                target = path["backend"]["service"]
                if target["port"]["name"] not in services.get(target["name"], ()):
                    yield f"{name(one)} leads to {target}, which does not exist"


def _monitors(objects: list[Object]) -> Iterator[str]:
    for one in of_kind(objects, "PodMonitor"):
        specs = [
            spec
            for spec in selected(objects, one["spec"]["selector"])
            if spec.get("restartPolicy", "Always") == "Always"
        ]
        if not specs:
            yield f"{name(one)} watches nobody"
        for endpoint in one["spec"]["podMetricsEndpoints"]:
            if any(endpoint["port"] not in ports(spec) for spec in specs):
                yield f"{name(one)} reads the port {endpoint['port']}, which its pods do not have"
