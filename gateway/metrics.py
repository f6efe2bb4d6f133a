"""What is counted of every request: how long it took, by route template, method and status class, never by whom."""

from prometheus_client import Histogram

from services.kit.telemetry import BUCKETS

HTTP_SECONDS = Histogram(
    "http_server_duration_seconds", "Time to answer a request.", ["route", "method", "status"], buckets=BUCKETS
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_bound: dict[tuple[str, str, int], Histogram] = {}


def observe(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request. `route` is a template, such as "/v1/leads/{id}"."""
    kind = (route, method, status // 100)
    histogram = _bound.get(kind)
    if histogram is None:
        named = method if method in METHODS else "other"
        histogram = _bound[kind] = HTTP_SECONDS.labels(route, named, f"{status // 100}xx")
    histogram.observe(seconds)
