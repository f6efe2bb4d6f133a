"""What all tests share: real servers that start when the first test asks for them, and databases of their own."""

import os
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from deploy.local.servers import Nats, free_ports
from deploy.local.shared import running, shared_postgres
from tests.collector import collecting
from tests.databases import Cluster
from tests.people import town as town_around
from tests.stack import Stack

# A machine under load is slow, not wrong; the same examples every time, for `make test` judges changes.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("search", parent=settings.get_profile("steady"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


LAST_S = 60
"""So long before the end of a day no test begins: what it does would fall on two days, and it knows of one."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Wait for the next day if this one ends while the test may run, be it here in UTC or in China."""
    left = min(-(time.time() + hours * 3600) % 86_400 for hours in (0, 8))
    if left < LAST_S:
        time.sleep(left)


STACK = ("tests/e2e/", "tests/fuzz/", "tests/integration/telemetry/", "tests/chaos/")
"""Where the tests stand that use the stack."""


class OneStack(LoadScopeScheduling):  # type: ignore[misc] # xdist tells no types
    """Tests of one file run in one process; all that use the stack run in the same, for there is one stack a run."""

    def _split_scope(self, nodeid):
        return "stack" if nodeid.startswith(STACK) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config, log):
    """How tests are handed out when they run in several processes."""
    return OneStack(config, log)


@pytest.fixture(scope="session")
def postgres(testrun_uid, worker_id):
    """The real PostgreSQL of this test run, shared by its processes: `async with postgres.fresh("leads")`."""
    folder = Path(tempfile.gettempdir()) / f"dealtrail-tests-{testrun_uid}"
    with shared_postgres(folder) as server:
        yield Cluster(server, worker_id)


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory):
    """URL of the real nats-server of this test process."""
    with running(Nats(tmp_path_factory.mktemp("nats"), free_ports(1)[0], durable=False)) as url:
        yield url


@pytest.fixture(scope="session")
def lasting_nats_server(tmp_path_factory):
    """URL of the real nats-server of services that many tests share: one that a test starts would take their events."""
    with running(Nats(tmp_path_factory.mktemp("lasting-nats"), free_ports(1)[0], durable=False)) as url:
        yield url


@pytest.fixture
def empty_nats_server(tmp_path):
    """URL of a real nats-server that this test has for itself."""
    with running(Nats(tmp_path / "nats-server", free_ports(1)[0], durable=False)) as url:
        yield url


@pytest.fixture
async def fresh_database(postgres):
    """`await fresh_database("leads")`: the ways into an empty, migrated database that this test has for itself."""
    async with AsyncExitStack() as databases:

        async def make(service):
            return await databases.enter_async_context(postgres.fresh(service))

        yield make


@pytest.fixture(scope="session")
def collector():
    """Where the processes of `stack` send their spans."""
    with collecting() as found:
        yield found


@pytest.fixture(scope="session")
def stack(tmp_path_factory, collector):
    """A whole Dealtrail as `make up` runs it, without demo: every request is traced, callers are not held back."""
    traced = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "DEALTRAIL_TRACE_RATIO": "1",
        "DEALTRAIL_TRACE_LIMIT": "100000",
    }
    running_stack = Stack(
        tmp_path_factory.mktemp("stack") / "home",
        DEALTRAIL_CALLER_RATE="100000",
        DEALTRAIL_FAILURE_BURST="100000",
        **traced,
    )
    try:
        running_stack.start()
        yield running_stack
    finally:
        running_stack.stop()


@pytest.fixture(scope="session")
async def town(stack):
    """Companies in that Dealtrail, and people who work there: `await town.company("yunshan")`."""
    async with town_around(stack) as found:
        yield found
