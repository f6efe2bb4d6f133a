"""`make bench`: every measurement in one run, on real parts, into bench-report/."""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from deploy.local.demo.__main__ import load
from tests.bench import (
    forms,
    growth,
    names,
    partners,
    pipeline,
    profile,
    readers,
    replicas,
    report,
    requests,
    size,
    tryton,
)
from tests.bench.report import Measurement
from tests.bench.search.measure import among
from tests.stack import PASSWORD, Stack

REPORT = Path("bench-report")
FEW_LEADS = 20_000
"""Among which search is measured here; python -m tests.bench.search does it among a million."""
ALONE = {"P7", "P8", "P9", "P20", "P21", "P22"}
"""What needs nothing that runs."""


class Collector(BaseHTTPRequestHandler):
    """Takes spans and forgets them, so that exporting them costs what it costs."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """A line a batch would be noise."""


def main() -> None:
    """Measure what is asked for; all by default."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", help="such as P1,P3 or profile", default="")
    chosen = set(filter(None, asked.parse_args().only.split(",")))
    found: list[Measurement] = []

    def wanted(*ids: str) -> bool:
        return not chosen or bool(chosen & set(ids))

    def keep(measured: list[Measurement]) -> None:
        found.extend(measured)
        for one in measured:
            print(
                f"{one.id}  {one.what}: {one.ours:,.2f} {one.unit}, ratio {one.ratio:.3f} ({one.verdict()})", flush=True
            )

    try:
        without_stack(wanted, keep)
        if not chosen or chosen - ALONE:
            beside_stack(wanted, keep)
    finally:  # what was measured before something broke took long enough
        report.write(found, REPORT)
        print(report.markdown(found))


def without_stack(wanted: Callable[..., bool], keep: Callable[[list[Measurement]], None]) -> None:
    """What needs nothing that runs, or brings it."""
    if wanted("P20"):
        keep(names.matching())
    if wanted("P21"):
        keep(forms.flooded())
    if wanted("P22"):
        keep(among(FEW_LEADS))
    if wanted("P7", "P8", "P9"):
        keep(growth.grow(REPORT))


def beside_stack(wanted: Callable[..., bool], keep: Callable[[list[Measurement]], None]) -> None:
    """What is asked of all services together."""
    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=collector.serve_forever, daemon=True).start()
    traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}"}
    with tempfile.TemporaryDirectory() as folder:
        # One user makes all requests; their share is not what is measured.
        unlimited = {"DEALTRAIL_CALLER_RATE": "1000000", "DEALTRAIL_CALLER_BURST": "1000000"}
        given = unlimited | {"DEALTRAIL_DEMO_PASSWORD": PASSWORD}
        with _running(Stack(Path(folder) / "traced", **given, **traced)) as stack:
            # Not by `make up` itself, which goes on loading while it serves.
            load(stack.url, PASSWORD)
            measure(stack, wanted, keep)
            if wanted("P10"):
                keep(tryton.against(stack))
        if wanted("P11"):
            # Both begin alike: what holds more is slower, traced or not.
            sampled = Stack(Path(folder) / "sampled", **given, **traced)
            silent = Stack(Path(folder) / "silent", **given, DEALTRAIL_TRACE_RATIO="0")
            with _running(sampled), _running(silent):
                keep(requests.tracing(sampled, silent))


@contextmanager
def _running(stack: Stack) -> Iterator[Stack]:
    stack.start()
    try:
        stack.sign_in("demo")
        yield stack
    finally:
        stack.stop()


def measure(stack: Stack, wanted: Callable[..., bool], keep: Callable[[list[Measurement]], None]) -> None:
    """One stack's measurements, those first that want it as the demo left it."""
    tenant_id = stack.call("GET", "/v1/me")["tenantId"]
    if wanted("P12"):
        keep(size.memory(stack))
    if wanted("P13"):
        keep(size.second_start(stack))
        stack.sign_in("demo")
    if wanted("P1", "P2", "P5"):
        keep(requests.create(stack))
    if wanted("P3", "P4"):
        keep(requests.read(stack, tenant_id))
    if wanted("P5"):
        keep(pipeline.lag(stack, requests.drive(requests.creating(stack, 32, 4)).per_second))
    if wanted("P16"):
        keep(partners.heard(stack, "demo"))
    if wanted("P6"):
        keep(pipeline.import_leads(stack))
    if wanted("P14"):
        keep(replicas.scale(stack, tenant_id))
        keep(readers.scale(stack))
    if wanted("profile"):
        profile.record(stack, REPORT)


if __name__ == "__main__":
    main()
