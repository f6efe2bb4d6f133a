"""`python -m gateway`: settings and wiring; one look shows all that the process needs."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.app import Gateway, Parts
from gateway.audit.wiring import records
from gateway.erasures.wiring import Privacy
from gateway.exports.operations import Ledger, tidy
from gateway.forms.service import Forms
from gateway.identity.wiring import Identity, IdentitySettings
from gateway.imports.wiring import Imports
from gateway.limits import Limits
from gateway.live.feed import Feed
from gateway.peers import GrpcPeer, Readiness
from gateway.server import server
from gateway.strangers import networks
from services.kit import telemetry
from services.kit.runtime import HARD_EXIT_S, Process, live, serve_metrics

if TYPE_CHECKING:
    from fastapi import APIRouter

log = logging.getLogger(__name__)

SERVICES = ("leads", "opportunities", "contracts", "timeline", "analytics")
TIDY_EVERY_S = 60.0


@dataclass(frozen=True)
class Settings(IdentitySettings):
    """What the gateway needs besides identity."""

    gateway_host: str = "127.0.0.1"
    """Where the API is served."""
    gateway_port: int = 8080
    """The port of the API."""
    caller_rate: float = Limits.rate
    """Requests a second that one caller may make for long."""
    caller_burst: float = Limits.burst
    """Requests that one caller may make at once."""
    failure_rate: float = Limits.failure_rate
    """Wrong passwords and tokens a second that may come from one address for long."""
    failure_burst: float = Limits.failure_burst
    """Wrong passwords and tokens that may come from one address at once."""
    trusted_proxies: str = ""
    """Networks of our own proxies, such as 10.0.0.0/8, comma separated: their X-Forwarded-For is believed."""


async def main(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then finish what is in hand, the API first and identity last."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    peers = {name: GrpcPeer(settings.peer(name)) for name in SERVICES}
    identity = Identity(settings)
    identity.process.repeat("exports", TIDY_EVERY_S, tidy)
    await identity.start()
    imports = Imports(identity.process.database, identity.process.verifier, peers, identity.vouch)
    privacy = Privacy(identity.process.database, identity.process.verifier, peers, identity.vouch)
    unasked = asyncio.create_task(_begin_unasked(identity.process, imports, privacy))
    forms = Forms(peers["leads"], identity.visitor, identity.vouch)
    forms.start()
    feed = Feed()
    feed.start(settings.nats_url)
    parts = Parts(
        peers={
            **peers,
            "identity": identity.invoke,
            "imports": imports.peer,
            "privacy": privacy.peer,
            **records(identity.process, SERVICES),
        },
        ledger=Ledger(identity.process.database),
        authenticate=identity.authenticate,
        readiness=Readiness(peers),
        routers=lambda: _routers(imports, privacy, feed, forms, identity, peers["leads"]),
        uploads=imports.uploads,
        limits=_limits(settings),
    )
    gateway = Gateway(parts)
    api = server(gateway, settings.gateway_host, settings.gateway_port, feed.end_all)
    serve_metrics(settings.metrics_port, lambda: identity.process.ready and not stopping.is_set())
    serving = asyncio.create_task(api.serve())
    pages = asyncio.create_task(gateway.load())
    await asyncio.wait([serving, asyncio.create_task(stopping.wait())], return_when=asyncio.FIRST_COMPLETED)
    _end_in_time()
    pages.cancel()
    unasked.cancel()
    api.should_exit = True
    await serving
    for part in (feed, forms, imports, privacy):
        await part.stop()
    for peer in peers.values():
        await peer.close()
    await identity.stop()


async def _begin_unasked(process: Process, imports: Imports, privacy: Privacy) -> None:
    """Go on with what earlier processes left."""
    await process.settled()
    imports.start()
    privacy.start()


def _end_in_time() -> None:
    """However long the end takes, the process is gone after HARD_EXIT_S."""
    watchdog = threading.Timer(HARD_EXIT_S, os._exit, (1,))
    watchdog.daemon = True
    watchdog.start()


def _limits(settings: Settings) -> Limits:
    return Limits(
        rate=settings.caller_rate,
        burst=settings.caller_burst,
        failure_rate=settings.failure_rate,
        failure_burst=settings.failure_burst,
        proxies=networks(settings.trusted_proxies),
    )


def _routers(
    imports: Imports, privacy: Privacy, feed: Feed, forms: Forms, identity: Identity, leads: GrpcPeer
) -> "Sequence[APIRouter]":
    from gateway.forms.routes import routes as form_routes  # noqa: PLC0415 - with FastAPI, late
    from gateway.intake.routes import routes as intake_routes  # noqa: PLC0415 - likewise
    from gateway.live.routes import routes  # noqa: PLC0415 - likewise

    intake = intake_routes(identity.open_intake_key, identity.vouch, leads)
    return imports.router(), privacy.router(), routes(feed), form_routes(forms), intake


if __name__ == "__main__":
    chosen = Settings.from_environment()
    telemetry.configure("gateway", chosen.trace_ratio, chosen.trace_limit)
    live(main(chosen))
