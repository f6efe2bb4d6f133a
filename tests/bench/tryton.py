"""P10: creating and listing against Tryton, an ERP of the field, on the same PostgreSQL with the same client."""

import asyncio
import base64
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import asyncpg

from deploy.local.servers import HOST, free_ports
from tests.bench.load import Outcome, Plan
from tests.bench.report import Measurement
from tests.bench.requests import creating, drive
from tests.stack import Stack

PACKAGES = (
    "trytond==8.2.1",
    "trytond_sale_opportunity==8.2.0",
    "trytond_party",
    "trytond_account_invoice",
    "psycopg[binary,pool]",
    "gunicorn",
)
DATABASE = "bench_tryton"
CONNECTIONS, SECONDS = 16, 4
WORKERS = 2
"""One a processor; two of them with one thread each were Tryton's fastest setting on two processors."""
SEED = """
import json, sys
from trytond import config
config.update_etc(sys.argv[1])
from trytond.pool import Pool
from trytond.transaction import Transaction
Pool.start()
Pool(sys.argv[2]).init()
models = Pool(sys.argv[2])
get = models.get
with Transaction().start(sys.argv[2], 0):
    yuan = get("currency.currency")(name="Yuan", symbol="¥", code="CNY")
    rate = get("currency.currency.rate")(date=__import__("datetime").date(2020, 1, 1), rate=1)
    yuan.rates = [rate]
    yuan.save()
    house, buyer = get("party.party")(name="House"), get("party.party")(name="Buyer")
    house.save()
    buyer.save()
    company = get("company.company")(party=house, currency=yuan)
    company.save()
    (admin,) = get("res.user").search([("login", "=", "admin")])
    admin.companies = [company]
    admin.company = company
    admin.save()
    application = get("res.user.application")(user=admin, application="rest", key=sys.argv[3])
    application.save()
    get("res.user.application").validate_([application])
    print(json.dumps({"company": company.id, "currency": yuan.id, "party": buyer.id}))
"""


def against(stack: Stack) -> list[Measurement]:
    """Both in turn, 16 connections each; left out where Tryton cannot be installed."""
    with tempfile.TemporaryDirectory() as home:
        try:
            serving = _tryton(stack, Path(home))
            with serving as (port, seed, key):
                return _compare(stack, port, seed, key)
        except subprocess.CalledProcessError as failed:
            print(f"P10  left out: {failed.cmd[0]} failed: {(failed.stderr or '')[-300:]}")
            return []


def _compare(stack: Stack, port: int, seed: dict[str, int], key: str) -> list[Measurement]:
    context = base64.urlsafe_b64encode(json.dumps({"company": seed["company"]}).encode()).decode()
    headers = {"authorization": f"bearer {key}", "x-tryton-context": context, "content-type": "application/json"}
    record = json.dumps({"description": "Lead {n}", "comment": "展会", **seed})
    where = f"/{DATABASE}/rest/model/sale.opportunity"
    order = quote(base64.urlsafe_b64encode(b'[["id", "DESC"]]').decode())
    listing = f"{where}?s=50&o={order}&f=number&f=description&f=state&f=party.rec_name&f=create_date"
    theirs = {
        "create": Plan(port, "POST", where, SECONDS, CONNECTIONS, record, headers),
        "list of 50": Plan(port, "GET", listing, SECONDS, CONNECTIONS, headers=headers),
    }
    ours = {
        "create": creating(stack, CONNECTIONS, SECONDS),
        "list of 50": Plan(stack.port, "GET", "/v1/leads?pageSize=50", SECONDS, CONNECTIONS, headers=stack.headers),
    }
    found = []
    for what, plan in ours.items():
        rounds: list[tuple[Outcome, Outcome]] = [(drive(theirs[what]), drive(plan)) for _ in range(3)]
        them, us = (median(pair[place].per_second for pair in rounds) for place in (0, 1))
        slow, fast = (median(pair[place].p99_ms for pair in rounds) for place in (0, 1))
        notes: dict[str, Any] = {"p99": f"{fast:.0f} ms against {slow:.0f}, 1/{slow / fast:.1f}"}
        found.append(Measurement("P10", f"{what}, 16 connections", "/s", us, them, "Tryton 8.2 /s", 5, 15, notes=notes))
    return found


@contextmanager
def _tryton(stack: Stack, home: Path) -> Iterator[tuple[int, dict[str, int], str]]:
    """Tryton with its sales opportunities, as it is run in production; its port, what is in it, and its key."""
    key = secrets.token_hex(32)
    config, password = home / "trytond.conf", home / "password"
    password.write_text(secrets.token_hex(8))
    config.write_text(f"[database]\nuri = {stack.superuser().rpartition('/')[0]}/\n")
    told = os.environ | {"TRYTONPASSFILE": str(password), "TRYTOND_CONFIG": str(config), "PYTHONPATH": ""}
    told["TRYTOND_DATABASE_NAMES"] = DATABASE
    _run(sys.executable, "-m", "venv", str(home / "v"))
    _run(str(home / "v/bin/pip"), "install", "-q", *PACKAGES)
    _sql(stack, f"CREATE DATABASE {DATABASE}")
    admin = [str(home / "v/bin/trytond-admin"), "-c", str(config), "-d", DATABASE]
    _run(*admin, "--all", "--email", "admin@example.com", environment=told)
    _run(*admin, "-u", "sale_opportunity", "account_invoice", "--activate-dependencies", environment=told)
    seed = json.loads(_run(str(home / "v/bin/python"), "-c", SEED, str(config), DATABASE, key, environment=told))
    (port,) = free_ports(1)
    command = [str(home / "v/bin/gunicorn"), "trytond.application:app", "-b", f"{HOST}:{port}", "-w", str(WORKERS)]
    server = subprocess.Popen([*command, "--log-level", "error"], env=told, cwd=home)
    try:
        _until_up(port)
        yield port, seed, key
    finally:
        server.terminate()
        server.wait(30)
        _sql(stack, f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _run(*command: str, environment: dict[str, str] | None = None) -> str:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def _sql(stack: Stack, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(stack.superuser())
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def _until_up(port: int, patience_s: float = 60) -> None:
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("Tryton did not come up")
