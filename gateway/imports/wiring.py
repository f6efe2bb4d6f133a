"""Imports put together, as the gateway's process starts and stops them."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dealtrail.imports.v1 import fields_pb2, operations_pb2

from gateway.imports import domain
from gateway.imports.rpc import ImportFieldsServicer, OperationsServicer
from gateway.imports.sending import Vouch
from gateway.imports.worker import Worker
from gateway.peers import Invoke, LocalPeer
from services.kit import rpc
from services.kit.database import Database
from services.kit.principal import TokenVerifier

if TYPE_CHECKING:
    from fastapi import APIRouter


class Imports:
    """The part of the gateway that carries out imports."""

    def __init__(self, database: Database, verifier: TokenVerifier, peers: Mapping[str, Invoke], vouch: Vouch) -> None:
        """`database` is the gateway's own; `peers` are called as whom `vouch` says."""
        self._worker = Worker(database, peers, vouch)
        self.peer = LocalPeer(
            *(
                rpc.Service(descriptor, servicer, database, verifier)
                for descriptor, servicer in (
                    (operations_pb2.DESCRIPTOR.services_by_name["OperationsService"], OperationsServicer()),
                    (fields_pb2.DESCRIPTOR.services_by_name["ImportFieldsService"], ImportFieldsServicer()),
                )
            )
        )
        """Answers for the contract's package "imports"."""
        self.uploads = {domain.PATH: domain.MAX_BYTES + domain.FORM_BYTES}
        """How large a request may be, by path."""
        self._database = database
        self._task: asyncio.Task[None] | None = None

    def router(self) -> "APIRouter":
        """The routes that the contract cannot say."""
        from gateway.imports.routes import routes  # noqa: PLC0415 - with FastAPI, late

        return routes(self._database, self._worker.call)

    def start(self) -> None:
        """Begin to work on what is waiting."""
        self._task = asyncio.create_task(self._worker.run())

    async def stop(self) -> None:
        """Leave what is under way to the next worker."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
