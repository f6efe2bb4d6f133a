"""Asks the services where persons stand, what they hold, and to erase them."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from dealtrail.contracts.v1 import persons_pb2 as contracts
from dealtrail.leads.v1 import persons_pb2 as leads
from dealtrail.opportunities.v1 import persons_pb2 as opportunities
from dealtrail.timeline.v1 import persons_pb2 as timeline
from dealtrail.type.v1 import personal_data_pb2 as data

MODULES: Mapping[str, Any] = {
    "leads": leads,
    "opportunities": opportunities,
    "contracts": contracts,
    "timeline": timeline,
}
"""The services that hold personal data. Analytics holds ids, codes and numbers alone."""


class Send(Protocol):
    """Calls a command by its path; a repetition of the key answers as before."""

    async def __call__(self, path: str, request: bytes, key: str) -> bytes:
        """The reply. Raises Problem or AioRpcError."""


class Persons:
    """Some persons, in all services."""

    def __init__(self, send: Send, person_ids: list[UUID]) -> None:
        self._send = send
        self._ids = person_ids

    async def traces(self) -> data.PersonTraces:
        """Where they stand: leads and contacts of theirs, and the deals that name those."""
        known = data.PersonTraces(person_ids=map(str, self._ids))
        for service in ("leads", "opportunities"):
            request = MODULES[service].TracePersonRequest(id=str(self._ids[0]), traces=known)
            reply = await self._send(_path(service, "TracePerson"), request.SerializeToString(), "")
            known = data.PersonTraces.FromString(reply)
        return known

    async def records(self) -> list[tuple[str, data.PersonalRecord]]:
        """All that is held about them, with the service that holds it."""
        traces = await self.traces()
        found = []
        for service, module in MODULES.items():
            request = module.ExportPersonRequest(id=str(self._ids[0]), traces=traces)
            reply = await self._send(_path(service, "ExportPerson"), request.SerializeToString(), "")
            found += [(service, one) for one in data.PersonalRecords.FromString(reply).records]
        return found

    async def erase(self, service: str, traces: data.PersonTraces, key: str, **held: Any) -> list[data.ErasureEffect]:
        """Have one service erase them; `held` are further fields of its request."""
        request = MODULES[service].ErasePersonRequest(id=str(self._ids[0]), traces=traces, **held)
        reply = await self._send(_path(service, "ErasePerson"), request.SerializeToString(), key)
        return list(data.ErasureEffects.FromString(reply).effects)

    async def end_holds(self, key: str) -> list[data.ErasureEffect]:
        """Have what was held of them destroyed."""
        request = leads.EndHoldsRequest(id=str(self._ids[0]), person_ids=map(str, self._ids))
        reply = await self._send(_path("leads", "EndHolds"), request.SerializeToString(), key)
        return list(data.ErasureEffects.FromString(reply).effects)


def _path(service: str, method: str) -> str:
    return f"/dealtrail.{service}.v1.PersonsService/{method}"
