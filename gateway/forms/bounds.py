"""How much the public may leave: by form, by network and by phone, and how much at the same time."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, ip_address

from grpc import StatusCode
from grpc.aio import AioRpcError

from gateway.limits import Rate
from gateway.refusals import RateExceeded

FORM = (200.0, 400.0)
"""Submissions a second that one form takes for long, and at once: what a good campaign brings, no flood."""
NETWORK = (5.0, 100.0)
"""The same from one network of 256 addresses: many people share one behind a mobile carrier."""
PHONE = (1 / 600, 5.0)
"""The same of one phone, within one tenant."""
AT_ONCE = 16
"""Submissions that the service is given at the same time: more would take longer and be no sooner."""
MOST_WAITING = 256
WAIT_SECONDS = 3.0
"""How many may wait for that, and how long."""
OVERLOADED = (
    StatusCode.UNAVAILABLE,
    StatusCode.DEADLINE_EXCEEDED,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.ABORTED,
)
"""How the service says that it does not get to it now: also when others hold for too long what it has to change."""
LATER_SECONDS = 5
REMEMBER = 50_000


class Bounds:
    """The counters of one gateway."""

    def __init__(self) -> None:
        self._forms = Rate(*FORM)
        self._networks = Rate(*NETWORK, remember=REMEMBER)
        self._phones = Rate(*PHONE, remember=REMEMBER)
        self._waiting = 0
        self._places = asyncio.Semaphore(AT_ONCE)

    def admit(self, form: str, address: str) -> None:
        """Count a submission before any of it is read. Refused: RATE_EXCEEDED with the seconds to wait."""
        self._must_have_room()
        self.admit_network(address)
        self._forms.take(form)

    def admit_phone(self, tenant: str, phone: str) -> None:
        """Count a submission by what it holds. Refused: RATE_EXCEEDED."""
        digits = re.sub(r"\D", "", phone)[-11:]
        # Only a digest is remembered: a process's memory is no place for phone numbers.
        self._phones.take(hashlib.blake2b(f"{tenant} {digits}".encode(), digest_size=12).digest())

    def admit_network(self, address: str) -> None:
        """Count anything else that is done by the public. Refused: RATE_EXCEEDED."""
        self._networks.take(network(address))

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place among those whom the service serves, waited for. Refused: RATE_EXCEEDED if it takes too long."""
        self._must_have_room()
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            raise RateExceeded(retry_after=LATER_SECONDS) from None
        finally:
            self._waiting -= 1
        try:
            yield
        except AioRpcError as error:
            if error.code() in OVERLOADED:
                # It may have been recorded all the same; sent again, it changes nothing more.
                raise RateExceeded(retry_after=LATER_SECONDS) from error
            raise
        finally:
            self._places.release()

    def _must_have_room(self) -> None:
        if self._waiting >= MOST_WAITING:
            raise RateExceeded(retry_after=LATER_SECONDS)


def network(address: str) -> str:
    """The network of an address: of IPv4 the first three numbers; of IPv6 the caller gives the /64 already."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(known).rpartition(".")[0] if isinstance(known, IPv4Address) else str(known)
