"""Where in rendered objects a mistake is planted, and what a check says of it."""

from tests.chart.helm import of_kind


def find(objects, kind, name):
    [one] = [one for one in of_kind(objects, kind) if one["metadata"]["name"] == f"dealtrail-{name}"]
    return one


def pod(objects, name, kind="Deployment"):
    return find(objects, kind, name)["spec"]["template"]["spec"]


def container(objects, name):
    return pod(objects, name)["containers"][0]


def named(check, objects, mistakes, mistake):
    assert check.faults(objects) == []
    plant, fault = mistakes[mistake]
    plant(objects)
    found = check.faults(objects)
    assert any(fault in one for one in found), found
