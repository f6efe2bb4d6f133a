"""What is counted of every request: how long it took, by route template, method and status class, never by whom."""

from prometheus_client import Gauge, Histogram

from services.kit.telemetry import BUCKETS

HTTP_SECONDS = Histogram(
    "dealtrail_http_server_duration_seconds",
    "Time to answer a request.",
    ["route", "method", "status"],
    buckets=BUCKETS,
)
REQUESTS = Gauge("dealtrail_http_server_requests_in_flight", "Requests of the contract that are being answered now.")
REQUESTS_LIMIT = Gauge("dealtrail_http_server_requests_limit", "Requests that are answered at the same time at most.")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_bound: dict[tuple[str, str, int], Histogram] = {}


def observe(route: str, method: str, status: int, seconds: float, exemplar: dict[str, str] | None) -> None:
    """Count one answered request. `route` is a template, such as "/v1/leads/{id}"; `exemplar` leads to its trace."""
    kind = (route, method, status // 100)
    histogram = _bound.get(kind)
    if histogram is None:
        named = method if method in METHODS else "other"
        # A series that begins with its first error has no increase: rates would not see it.
        HTTP_SECONDS.labels(route, named, "5xx")
        histogram = _bound[kind] = HTTP_SECONDS.labels(route, named, f"{status // 100}xx")
    histogram.observe(seconds, exemplar)
