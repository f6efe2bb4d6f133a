"""Bring a whole Dealtrail up in a home, keep it up, take it down."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Coroutine

from deploy.local.ahead import Ahead
from deploy.local.fleet import Fleet, Rank, ready
from deploy.local.home import Home, Unusable
from deploy.local.layout import MODULES, PREPARATION, Layout, Servers
from deploy.local.log import Log
from deploy.local.program import end_leftovers, until
from deploy.local.servers import HOST, Nats, Postgres, free_ports, listening
from deploy.local.settings import ENDPOINT, Settings
from deploy.local.traces import launch

NAME = "dealtrail"
SERVER_PATIENCE_S = 60
READY_PATIENCE_S = 120
LOOK_S = 0.01
IMPATIENT_S = 1.0
"""A second signal later than this after the first means: at once."""


class Failed(Exception):
    """It cannot be brought up; the text says why."""


async def run(settings: Settings, log: Log, ahead: Ahead | None = None) -> int:
    """Be up until SIGINT, SIGTERM or SIGHUP; the exit code. A second signal ends everything at once."""
    home = Home(settings.home)
    try:
        with home.held(settings.address):
            await end_leftovers(home.records, log)
            fleet = Fleet(home.records, log, ahead)
            await _until_told(_bring_up(settings, home, fleet, log), fleet, log)
    except (Failed, Unusable) as error:
        log.say(NAME, str(error))
        return 1
    return 0


async def _until_told(coming_up: Coroutine[None, None, None], fleet: Fleet, log: Log) -> None:
    told = asyncio.Event()
    first = 0.0

    def hear() -> None:
        nonlocal first
        # One Ctrl-C may arrive twice, from the terminal and from whoever started us.
        if told.is_set() and time.monotonic() - first > IMPATIENT_S:
            fleet.kill()
        elif not told.is_set():
            first = time.monotonic()
            told.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, hear)
    work, end = asyncio.create_task(coming_up), asyncio.create_task(told.wait())
    try:
        await asyncio.wait((work, end), return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            await end
            log.say(NAME, "stops")
    finally:
        work.cancel()
        await asyncio.wait([work])
        began = time.monotonic()
        await fleet.stop()
        log.say(NAME, f"stopped after {time.monotonic() - began:.1f} s")


async def _bring_up(settings: Settings, home: Home, fleet: Fleet, log: Log) -> None:
    began = time.monotonic()
    if listening(HOST, settings.gateway_port):
        raise Failed(
            f"port {settings.gateway_port} is taken by another program; DEALTRAIL_GATEWAY_PORT chooses another"
        )
    await fleet.expect((PREPARATION, *MODULES.values()))
    servers = await _servers(settings, home, fleet)
    layout = Layout(home, servers, settings.gateway_port)
    home.addresses.write_text(json.dumps(layout.addresses(), indent=2) + "\n")
    if await fleet.run(layout.preparation(settings.demo_password)):
        raise Failed("the databases could not be prepared; see above")
    for program in layout.services():
        fleet.start(Rank.SERVICE, program)
    fleet.start(Rank.GATEWAY, launch.traced(layout.gateway()) if settings.traces else layout.gateway())
    await _await_ready(layout)
    log.say(NAME, f"is ready after {time.monotonic() - began:.1f} s at {settings.address}; Ctrl-C stops it")
    if settings.traces:
        fleet.start(Rank.BROKER, launch.page())
        log.say(NAME, f"shows traces at {os.environ[ENDPOINT]}")
    if settings.demo and await fleet.run(layout.demo(settings.address)):
        log.say(NAME, "the demo is not whole; see above. It goes on with the next start, or with `make demo`")


async def _servers(settings: Settings, home: Home, fleet: Fleet) -> Servers:
    """Those named by the user, and our own for the others."""
    for_postgres, for_nats = free_ports(2)
    postgres, nats = Postgres(home.folder, for_postgres), Nats(home.folder, for_nats)
    if not settings.database_url:
        postgres.prepare()
        fleet.start(Rank.DATABASE, postgres.program())
    if not settings.nats_url:
        nats.prepare()
        fleet.start(Rank.BROKER, nats.program())
    for given, server in ((settings.database_url, postgres), (settings.nats_url, nats)):
        if not given and not await until(server.ready, SERVER_PATIENCE_S):
            raise Failed(f"{server.program().name} did not start within {SERVER_PATIENCE_S} s; see above")
    return Servers(settings.database_url or postgres.url, settings.nats_url or nats.url)


async def _await_ready(layout: Layout) -> None:
    """One is asked after another, so that asking takes no time from those that start; the gateway asks all at last."""
    probes = layout.probes()
    try:
        async with asyncio.timeout(READY_PATIENCE_S):
            for port in probes.values():
                while not (listening(HOST, port) and await ready(HOST, port)):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(LOOK_S)
    except TimeoutError:
        missing = [name for name, port in probes.items() if not await ready(HOST, port)]
        raise Failed(f"not ready after {READY_PATIENCE_S} s: {', '.join(missing)}; see above") from None
