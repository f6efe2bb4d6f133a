"""The real gateway on a real port, in front of a gRPC server that speaks the real contract."""

import asyncio
import contextlib

import httpx
import pytest

from deploy.local.servers import free_ports
from gateway.app import Gateway, Parts
from gateway.limits import Limits
from gateway.peers import GrpcPeer, Readiness
from gateway.server import server
from gateway.transcode import Caller
from services.kit.errors import Unauthenticated
from services.kit.principal import TokenMint
from services.kit.testing import Keys, person
from tests.integration.gateway.backend import Backend


@contextlib.asynccontextmanager
async def serving(application, let_go):
    """The application on a free port: its base URL, and what asks it to end and waits until it has."""
    [port] = free_ports(1)
    running = server(application, "127.0.0.1", port, let_go)
    task = asyncio.create_task(running.serve())
    while not running.started:
        await asyncio.sleep(0.01)

    async def end():
        running.should_exit = True
        await task

    yield f"http://127.0.0.1:{port}", end
    await end()


@contextlib.asynccontextmanager
async def listening(application):
    """The application on a free port: its base URL."""
    async with serving(application, lambda: None) as (url, _):
        yield url


class Door:
    """Signs internal tokens for whom it knows, as identity will."""

    def __init__(self, keys):
        self._mint = TokenMint(keys.private)
        self._known = {}

    def bearer(self, who):
        """The Authorization header of somebody."""
        token = f"user-{who.user_id}"
        self._known[token.encode()] = Caller(who, self._mint.sign(who))
        return {"Authorization": f"Bearer {token}"}

    async def __call__(self, headers):
        """As gateway.transcode.Authenticate says."""
        kind, _, token = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() != b"bearer" or token not in self._known:
            raise Unauthenticated
        return self._known[token]


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """Key files of this test run."""
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
async def started_backend():
    """The backend, once."""
    backend = Backend()
    await backend.start()
    yield backend
    await backend.stop()


@pytest.fixture
def backend(started_backend):
    """The backend, knowing nothing of earlier tests."""
    started_backend.reset()
    return started_backend


@contextlib.asynccontextmanager
async def running(keys, target, routers=(), uploads=None, **limits):
    """A gateway with those limits: a client of it, signed in as a sales person."""
    peer = GrpcPeer(target)
    door = Door(keys)
    parts = Parts({"leads": peer}, door, Readiness({"leads": peer}), lambda: routers, uploads or {}, Limits(**limits))
    async with (
        listening(Gateway(parts)) as url,
        httpx.AsyncClient(base_url=url, headers=door.bearer(person()), trust_env=False, timeout=60) as client,
    ):
        yield client
    await peer.close()


@pytest.fixture
async def gateway(backend, keys):
    """`await gateway(rate=1)`: a client of a gateway with limits of its own."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(target=None, **asked):
            return await stack.enter_async_context(running(keys, target or f"127.0.0.1:{backend.port}", **asked))

        yield start


@pytest.fixture(scope="session")
async def shared_client(started_backend, keys):
    """A client of the gateway that most tests share."""
    async with running(keys, f"127.0.0.1:{started_backend.port}") as client:
        yield client


@pytest.fixture
def client(shared_client, backend):
    """A client of a gateway with the default limits, in front of a backend that knows nothing of earlier tests."""
    return shared_client
