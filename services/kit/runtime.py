"""One process of ours: what it is made of, how it says that it is well, and in which order it ends."""

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, NoReturn
from wsgiref.simple_server import WSGIRequestHandler, make_server

import grpc
import uvloop
from dealtrail.audit.v1 import audit_pb2
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from nats.aio.client import Client
from prometheus_client import make_wsgi_app

from services.kit import client, gauges, page_tokens, rpc, serving, streams, telemetry
from services.kit.auditing import EntriesServicer
from services.kit.database import Database
from services.kit.directory import Directory
from services.kit.events import Subscriptions
from services.kit.notary import Notary
from services.kit.periodic import Periodic, Piece, Work
from services.kit.principal import TokenVerifier
from services.kit.readers import Readers
from services.kit.relay import Relay
from services.kit.settings import Settings
from services.kit.vault import MasterKeys

log = logging.getLogger(__name__)

SERVER_OPTIONS = [
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
    ("grpc.max_concurrent_streams", 256),
    ("grpc.max_receive_message_length", 4 << 20),
    ("grpc.so_reuseport", 0),
]
GRACE_S = 20
HARD_EXIT_S = 45
FIRST_LOOK_S = 1.0
"""So long at most what is done unasked waits for the first look at the database."""
HEAD_START_S = 0.5
"""So long it waits after that look: it would take processor time from processes that are not ready yet."""
SELDOM = (10_000, 20, 20)
"""When garbage is looked for. By Python's own measure, 700 new objects, it took a sixth of the time of a list of 50."""


class Process:
    """The parts of one process. A service's `__main__` wires features to it; `serve` runs until SIGTERM."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self.verifier = TokenVerifier(settings.internal_keys)
        self.channels: dict[str, grpc.aio.Channel] = {}
        self.services: list[rpc.Service] = []
        self.ready = False
        self.database: Database
        self.nats: Client | None = None
        self.port = 0
        self._looked = asyncio.Event()
        self._subscriptions: Subscriptions | None = None
        self._public: list[streams.Stream] = []
        self._works: list[Work] = []
        self._tasks: list[asyncio.Task[None]] = []
        page_tokens.sign_with(settings.secret())

    def channel(self, peer: str) -> grpc.aio.Channel:
        """The channel to a peer, one a process."""
        if peer not in self.channels:
            self.channels[peer] = client.channel(self.settings.peer(peer))
        return self.channels[peer]

    def peer(self, peer: str, descriptor: ServiceDescriptor) -> client.Peer:
        """A service of a peer."""
        return client.Peer(self.channel(peer), descriptor, self.name)

    def directory(self) -> Directory:
        """Who works for a tenant."""
        return Directory(self.channel("identity"))

    def offer(self, descriptor: ServiceDescriptor, servicer: Any) -> None:
        """Serve a proto service by a servicer."""
        self.services.append(rpc.Service(descriptor, servicer, self.database, self.verifier))

    def listen(self, subscriptions: Subscriptions) -> None:
        """Apply events of other services."""
        self._subscriptions = subscriptions

    def tell(self, stream: streams.Stream) -> None:
        """Keep a stream for others beside that of our own events; see kit.public."""
        self._public.append(stream)

    def repeat(self, name: str, every_s: float, do: Piece) -> None:
        """Do a work for each tenant every so many seconds, in one of all replicas; see kit.periodic."""
        self._works.append(Work(name, every_s, do))

    async def start(self, wire: Callable[["Process"], None]) -> None:
        """Open the database, wire the features, serve. Peers, NATS and PostgreSQL may come later."""
        masters = MasterKeys.read(self.settings.master_keys)
        self.database = await Database.connect(self.settings.database_url, self.settings.pool_size, masters)
        wire(self)
        self.offer(audit_pb2.DESCRIPTOR.services_by_name["EntriesService"], EntriesServicer(self.name))
        self._server = grpc.aio.server(options=SERVER_OPTIONS, maximum_concurrent_rpcs=serving.AT_ONCE)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._calls = serving.Calls(self.services)
        self._server.add_generic_rpc_handlers(serving.handlers(self._calls))
        self.port = self._server.add_insecure_port(self.settings.listen)
        await self._server.start()
        self._show()
        self._spawn(self._watch_health(), "health")
        self._spawn(self._work())

    async def stop(self) -> None:
        """End without losing a request in hand: unready, consumers, server, relay, NATS, channels, database, traces."""
        await self._end("health")
        self.ready = False
        await self._end("consumer")
        # To callers grpc.health.v1 says SERVING to the last: one who knows no other address yet would refuse all calls
        # at once. That the server stops tells them to connect anew, and calls wait until they have.
        await self._server.stop(GRACE_S)
        await self._end("")
        if self.nats is not None:
            await (self.nats.drain() if self.nats.is_connected else self.nats.close())
        for channel in self.channels.values():
            await channel.close()
        await self.database.close()
        telemetry.flush()

    def _show(self) -> None:
        gauges.watch(gauges.POOL_USED, gauges.POOL_LIMIT, lambda: self.database.used, self.settings.pool_size)
        gauges.watch(gauges.CALLS, gauges.CALLS_LIMIT, lambda: self._calls.under_way, serving.AT_ONCE)
        gauges.NATS_CONNECTED.set_function(lambda: float(self.nats is not None and self.nats.is_connected))

    def _spawn(self, work: Coroutine[Any, Any, None], name: str = "") -> None:
        task = asyncio.create_task(work, name=name or None)
        task.add_done_callback(_report)
        self._tasks.append(task)

    async def _end(self, prefix: str) -> None:
        ending = {task for task in self._tasks if task.get_name().startswith(prefix)}
        while ending:
            for task in ending:
                # More than once: wait_for of Python 3.11, in libraries below us, can swallow a cancellation.
                task.cancel()
            _, ending = await asyncio.wait(ending, timeout=1)

    async def settled(self) -> None:
        """Wait until it is time for what is done unasked: whoever waits for us to be ready comes first."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), FIRST_LOOK_S)
        await asyncio.sleep(HEAD_START_S)

    async def _work(self) -> None:
        """What is done unasked: notary, periodic works, events."""
        await self.settled()
        self._spawn(Notary(self.settings.relay_database_url, self.settings.secret()).run(), "notary")
        if self._works:
            self._spawn(Periodic(self.settings.relay_database_url, self.database, self._works).run(), "periodic")
        await self._events()

    async def _events(self) -> None:
        """The relay and the readers, from when NATS is there."""
        self.nats = await streams.connect(self.settings.nats_url, self.name)
        committed, public = self.database.committed, tuple(self._public)
        relay = Relay(self.settings.relay_database_url, self.nats, self.name, committed, public)
        self._spawn(relay.run(), "relay")
        if self._subscriptions is not None:
            url, number = self.settings.database_url, self.settings.consumer_partitions
            readers = Readers(self.database, url, self.nats, self._subscriptions, number)
            self._spawn(readers.run(), "consumers")

    async def _watch_health(self) -> None:
        """Ready means that the database answers. NATS may be down: events wait in the outbox."""
        while True:
            try:
                await self.database.ping()
                self.ready = True
            except Exception as error:  # whatever it is, we are not ready
                log.warning("not ready", extra={"error": repr(error)})
                self.ready = False
            self._looked.set()
            status = (
                health_pb2.HealthCheckResponse.SERVING if self.ready else health_pb2.HealthCheckResponse.NOT_SERVING
            )
            for name in ("", *(service.name for service in self.services)):
                await self._health.set(name, status)
            await asyncio.sleep(1 if self.ready else 0.1)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("a task ended", exc_info=error, extra={"task": task.get_name()})


def run(name: str, settings: Settings, wire: Callable[[Process], None]) -> None:
    """Be the process `name` until SIGTERM or SIGINT."""
    telemetry.configure(name, settings.trace_ratio, settings.trace_limit)
    live(_main(name, settings, wire))


def live(work: Coroutine[Any, Any, None]) -> NoReturn:
    """Do a process's work, and end with it."""
    gc.set_threshold(*SELDOM)
    uvloop.run(work)
    # grpc's threads were seen to hang at exit (grpc PR 40989); everything of ours has ended by now.
    os._exit(0)


async def _main(name: str, settings: Settings, wire: Callable[[Process], None]) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    process = Process(name, settings)
    await process.start(wire)
    serve_metrics(settings.metrics_port, lambda: process.ready)
    log.info("serving", extra={"service": name, "port": process.port})
    await stopping.wait()
    watchdog = threading.Timer(HARD_EXIT_S, os._exit, (1,))
    watchdog.daemon = True
    watchdog.start()
    await process.stop()


def serve_metrics(port: int, ready: Callable[[], bool]) -> None:
    """/metrics, /healthz and /readyz on their own port, in a thread: they answer while the loop is busy."""
    metrics = make_wsgi_app()

    def app(environ: dict[str, Any], start: Any) -> Any:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start)
        known = {"/healthz": True, "/readyz": ready()}
        word = "ok" if known.get(path) else "not ready" if path in known else "not found"
        status = {"ok": "200 OK", "not ready": "503 Service Unavailable"}.get(word, "404 Not Found")
        start(status, [("Content-Type", "text/plain")])
        return [word.encode()]

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Probes are not worth a line."""

    server = make_server("0.0.0.0", port, app, handler_class=Quiet)  # noqa: S104 - probes come from outside the pod
    threading.Thread(target=server.serve_forever, daemon=True, name="metrics").start()
