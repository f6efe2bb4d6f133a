"""A release rolls from the code of the previous commit to this one while people work: not one request is lost (I19).

Half a minute of two of everything: `make chart` runs it, `make test` does not.
"""

import asyncio
import os
import subprocess
import sys
from contextlib import closing

import pytest

from deploy.cluster.secrets import SERVICES
from tests.chart.cluster import cluster
from tests.chart.helm import EVERYTHING, ROOT, defaults, render
from tests.chart.load import Load

BEFORE_S, AFTER_S = 3, 3
AWAY_S = 0.01
"""So far away are the callers: a connection may be closed while a request is on its way over it."""


@pytest.fixture(scope="module")
def previous(tmp_path_factory):
    """The code of the previous commit, with what is generated from its contract."""
    asked = os.environ.get("PREVIOUS", "HEAD^")
    archive = subprocess.run(["git", "archive", asked], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"no previous commit here: {archive.stderr.decode().strip()}")
    folder = tmp_path_factory.mktemp("previous")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    environment = os.environ | {"PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "-m", "deploy.local.protos"], cwd=folder, env=environment, check=True)
    return folder


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A release in which nothing runs yet."""
    with cluster(render(EVERYTHING | {"config": {"traceRatio": 0}}), tmp_path_factory.mktemp("release")) as found:
        yield found


async def test_an_upgrade_under_load_loses_no_request(release, previous):
    await asyncio.to_thread(release.migrate, previous)
    old = [release.start(name, previous) for name in SERVICES]
    await asyncio.to_thread(release.admit, release.start("nats"), *old)
    await asyncio.to_thread(release.sell, previous)
    with closing(release.session()) as session:
        load = Load(release.api, session.headers["authorization"].removeprefix("Bearer "))
    release.move_callers(AWAY_S)
    load.start()
    await asyncio.sleep(BEFORE_S)
    await asyncio.to_thread(release.migrate)
    new = [release.start(name) for name in SERVICES]
    await asyncio.to_thread(release.admit, *new)
    for pod in old:
        release.withdraw(pod)
    await asyncio.sleep(defaults()["shutdown"]["preStopSeconds"])
    for pod in old:
        pod.end()
    codes = await asyncio.gather(*(asyncio.to_thread(pod.wait, 45) for pod in old))
    await asyncio.to_thread(release.seal)
    await asyncio.sleep(AFTER_S)
    await load.stop()

    assert codes == [0] * len(old)
    assert load.answered > 100
    assert not load.failures, dict(load.failures)
    with closing(release.session()) as session:
        for lead in load.leads:
            assert session.get(f"/v1/leads/{lead}").raise_for_status().json()["status"] == "CONVERTED"
    assert "sold" in await asyncio.to_thread(release.sell)
