"""The two pages: a list of traces, and one trace as a waterfall."""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from deploy.local.traces.memory import NS_IN_MS, Span, Trace

SHOWN = 100
STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 1.5rem; color: #1f2430; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .2rem .6rem; white-space: nowrap; }
tr:hover { background: #f3f5f9; } th { border-bottom: 1px solid #ccd; } form { margin: 1rem 0; } input { width: 11rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; } .bad { color: #c02020; } .wide { width: 55%; }
.way { position: relative; height: 1rem; background: #eef0f5; }
.bar { position: absolute; height: 1rem; min-width: 2px; background: #4a7bd0; }
.client { background: #9aa7bd; } .producer { background: #d98f2b; } .consumer { background: #3f9c6d; }
.failed { background: #c02020; } details pre { white-space: pre-wrap; margin: .3rem 0; max-width: 60rem; }
"""


@dataclass(frozen=True)
class Filter:
    """What of the list is shown; an empty one shows all."""

    route: str = ""
    """Part of what was asked for, such as "/v1/leads"."""
    status: str = ""
    """The beginning of the status: "5" for all faults of ours, "404"."""
    least_ms: float = 0.0

    def fits(self, trace: Trace) -> bool:
        """Whether the trace is one of these."""
        named = self.route.lower() in trace.root.name.lower()
        return named and trace.status.startswith(self.status) and trace.ms >= self.least_ms

    @classmethod
    def of(cls, query: dict[str, str]) -> "Filter":
        """As the form sends it; what is no number of milliseconds counts as none."""
        least = query.get("ms", "")
        return cls(query.get("route", ""), query.get("status", ""), float(least) if least.isdecimal() else cls.least_ms)


def listing(traces: list[Trace], chosen: Filter) -> str:
    """The newest traces that fit."""
    fitting = [trace for trace in traces if chosen.fits(trace)]
    rows = "".join(_line(trace) for trace in fitting[:SHOWN])
    form = "".join(
        f'<label>{label} <input name="{name}" value="{escape(value)}"></label> '
        for label, name, value in (
            ("Route", "route", chosen.route),
            ("Status", "status", chosen.status),
            ("At least ms", "ms", f"{chosen.least_ms:g}" if chosen.least_ms else ""),
        )
    )
    numbers = "<th class=n>ms<th class=n>Until projected, ms<th class=n>Spans"
    head = f"<tr><th>Time<th>Request<th>Status{numbers}<th>Services</tr>"
    told = f"{min(len(fitting), SHOWN)} of {len(traces)} traces"
    return _page("Traces", f"<form>{form}<button>Show</button> {told}</form><table>{head}{rows}</table>")


def waterfall(trace: Trace) -> str:
    """One trace: each span below the one that caused it, from the request through the relay to the projections."""
    rows = "".join(_bar(trace, depth, span) for depth, span in trace.tree())
    told = f"{escape(trace.id)} · {trace.status} · {trace.ms:.1f} ms · until projected {trace.whole_ms:.1f} ms"
    more = f'<a href="/?{urlencode({"route": trace.root.name})}">others like it</a>'
    head = "<tr><th>Service<th>Span<th class=n>ms<th class=wide></tr>"
    return _page(trace.root.name, f"<p>{told} · {more} · <a href='/'>all</a></p><table>{head}{rows}</table>")


def _line(trace: Trace) -> str:
    at = datetime.fromtimestamp(trace.start_ns / 1e9, UTC).astimezone()
    bad = " class=bad" if trace.status[:1] in ("5", "f") else ""
    services = ", ".join(dict.fromkeys(span.service for span in trace.spans))
    return (
        f'<tr><td>{at:%H:%M:%S}<td><a href="/traces/{trace.id}">{escape(trace.root.name)}</a>'
        f"<td{bad}>{escape(trace.status)}<td class=n>{trace.ms:.1f}<td class=n>{trace.whole_ms:.1f}"
        f"<td class=n>{len(trace.spans)}<td>{escape(services)}</tr>"
    )


def _bar(trace: Trace, depth: int, span: Span) -> str:
    scale = 100 / max(trace.whole_ms, 0.001)
    left = (span.start_ns - trace.start_ns) / NS_IN_MS * scale
    ms = (span.end_ns - span.start_ns) / NS_IN_MS
    name, kind = escape(span.name), "failed" if span.failed else span.kind
    if span.attributes:
        more = "\n".join(f"{escape(key)}: {escape(value)}" for key, value in span.attributes.items())
        name = f"<details><summary>{name}</summary><pre>{more}</pre></details>"
    return (
        f'<tr><td>{escape(span.service)}<td style="padding-left:{depth * 1.2 + 0.6:.1f}rem">{name}<td class=n>{ms:.2f}'
        f'<td><div class=way><div class="bar {kind}" style="left:{left:.2f}%;width:{ms * scale:.2f}%"></div></div></tr>'
    )


def _page(title: str, body: str) -> str:
    head = f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}</style>"
    return f"{head}<h1>{escape(title)}</h1>{body}"
