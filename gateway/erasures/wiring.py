"""Erasures and personal exports put together, as the gateway's process starts and stops them."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from dealtrail.privacy.v1 import erasures_pb2

from gateway.erasures.persons import Persons
from gateway.erasures.rpc import ErasuresServicer
from gateway.erasures.worker import Worker
from gateway.imports.sending import Vouch
from gateway.peers import Invoke, LocalPeer
from services.kit import rpc
from services.kit.database import Database, Tx
from services.kit.principal import TokenVerifier

if TYPE_CHECKING:
    from fastapi import APIRouter

SECONDS = 8.0


class Privacy:
    """The part of the gateway that lets people know what is held of them, and be forgotten."""

    def __init__(self, database: Database, verifier: TokenVerifier, peers: Mapping[str, Invoke], vouch: Vouch) -> None:
        """`database` is the gateway's own; `peers` are called as whom `vouch` says, or as who asks."""
        self._worker = Worker(database, peers, vouch)
        self._peers = peers
        servicer = ErasuresServicer(self._known, self._worker.call)
        self.peer = LocalPeer(
            rpc.Service(erasures_pb2.DESCRIPTOR.services_by_name["ErasuresService"], servicer, database, verifier)
        )
        """Answers for the contract's package "privacy"."""
        self._database = database
        self._task: asyncio.Task[None] | None = None

    def router(self) -> "APIRouter":
        """The routes that the contract cannot say."""
        from gateway.personal_exports.routes import routes  # noqa: PLC0415 - with FastAPI, late

        return routes(self._database, self.persons)

    def start(self) -> None:
        """Begin to work on what was approved."""
        self._task = asyncio.create_task(self._worker.run())

    async def stop(self) -> None:
        """Leave what is under way to the next worker."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def persons(self, token: str, person_ids: list[UUID]) -> Persons:
        """Persons, asked for as the holder of the internal token."""

        async def send(path: str, request: bytes, key: str) -> bytes:
            metadata = (("authorization", f"Bearer {token}"), *((("idempotency-key", key),) if key else ()))
            reply, _ = await self._peers[path.split(".")[1]](path, request, metadata, SECONDS)
            return reply

        return Persons(send, person_ids)

    async def _known(self, tx: Tx, person_ids: list[UUID]) -> bool:
        traces = await self.persons(tx.token, person_ids).traces()
        return bool(traces.lead_ids or traces.contact_ids)
