"""The image is built, and the release's own test sells with every process in a container: `make chart` runs this."""

import pytest

from deploy.cluster.secrets import SERVICES
from tests.chart import container
from tests.chart.cluster import cluster
from tests.chart.helm import EVERYTHING, render


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """Installed in Helm's order."""
    if reason := container.missing():
        pytest.skip(reason)
    container.build(tmp_path_factory.mktemp("image"))
    objects = render(EVERYTHING | {"config": {"traceRatio": 0}})
    with cluster(objects, tmp_path_factory.mktemp("release"), container.ContainerPod) as found:
        found.migrate()
        found.admit(*(found.start(name) for name in ("nats", *SERVICES)))
        yield found


def test_a_deal_goes_from_lead_to_cash_in_containers(release):
    assert release.sell().splitlines()[-1] == "sold: from lead to cash"
