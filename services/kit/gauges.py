"""How full a process is: read when somebody looks, so that nothing is paid for it on the road of a request."""

from collections.abc import Callable

from prometheus_client import Counter, Gauge

POOL_USED = Gauge("dealtrail_database_pool_used_connections", "Connections to PostgreSQL that a transaction holds now.")
POOL_LIMIT = Gauge("dealtrail_database_pool_limit_connections", "Connections to PostgreSQL that the process may have.")
POOL_TIMEOUTS = Counter(
    "dealtrail_database_pool_timeouts_total", "Transactions refused because no connection was to be had."
)
CALLS = Gauge("dealtrail_rpc_server_calls_in_flight", "Calls that are being answered now.")
CALLS_LIMIT = Gauge("dealtrail_rpc_server_calls_limit", "Calls that are answered at the same time at most.")
NATS_CONNECTED = Gauge("dealtrail_nats_connected", "1 while the process has a connection to NATS, else 0.")


def watch(used: Gauge, limit: Gauge, now: Callable[[], float], most: int) -> None:
    """Show what is in use of a bounded good, and the bound."""
    used.set_function(now)
    limit.set(most)
