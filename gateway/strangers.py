"""Those whom nobody has vouched for, counted by the address from which they come."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from gateway.limits import Rate

Network = IPv4Network | IPv6Network


class Strangers:
    """Counts requests without a caller, and those that failed to prove one, for each address."""

    def __init__(self, requests: Rate, failures: Rate, proxies: Iterable[Network] = ()) -> None:
        """`proxies` are ours: what they say in X-Forwarded-For is believed."""
        self._requests = requests
        self._failures = failures
        self._proxies = tuple(proxies)

    def admit(self, scope: Any) -> str:
        """Count a request of a public route; its address. Refused: RATE_EXCEEDED, after too many failures too."""
        address = self.address(scope)
        self._requests.take(address)
        self._failures.must_be_left(address)
        return address

    def failed(self, scope: Any) -> None:
        """Count a password or a token that was none. Refused: RATE_EXCEEDED."""
        self._failures.take(self.address(scope))

    def address(self, scope: Any) -> str:
        """Where a request comes from: the nearest address that is no proxy of ours. Of IPv6 the /64: one site."""
        found: str = (scope["client"] or ("local", 0))[0]
        if self._proxies and self._ours(found):
            forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            hops = b",".join(forwarded).decode("latin-1").split(",")
            for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
                found = hop
                if not self._ours(hop):
                    break
        return _site(found)

    def _ours(self, address: str) -> bool:
        try:
            known = ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._proxies if network.version == known.version)


def networks(text: str) -> tuple[Network, ...]:
    """Networks in CIDR notation, comma separated. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


@lru_cache(maxsize=4096)
def _site(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ip_network((known, 64), strict=False))
    return str(known)
