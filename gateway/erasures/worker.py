"""Carries out erasures that were approved, step by step; a gateway that dies leaves them to the next one."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from dealtrail.type.v1 import personal_data_pb2 as data

from gateway.erasures import operations
from gateway.erasures.domain import Effect, Erasure, Outcome, State
from gateway.erasures.persons import Persons
from gateway.erasures.store import erasures
from gateway.identity.system import PLATFORM, system
from gateway.imports import operations as imports
from gateway.imports.sending import Sender, Vouch
from gateway.peers import Invoke
from services.kit.answers import forget
from services.kit.codec import from_timestamp
from services.kit.database import Database, Tx

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
STEPS = ("contracts", "opportunities", "timeline", "imports", "leads")
"""Leads come last: with their keys go the words by which the others find the person."""


class Worker:
    """Works as long as the gateway runs."""

    def __init__(self, database: Database, peers: Mapping[str, Invoke], vouch: Vouch) -> None:
        self._database = database
        self._peers = peers
        self._vouch = vouch
        self._called = asyncio.Event()

    def call(self) -> None:
        """There is something to do: do not wait for the next look."""
        self._called.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                while await self._look():
                    pass
            except Exception as error:  # PostgreSQL or a service may be down; they come back
                log.warning("erasures wait", extra={"error": type(error).__name__})
            self._called.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._called.wait(), LOOK_SECONDS)

    async def _look(self) -> bool:
        async with self._database.transaction(PLATFORM) as tx:
            found = await operations.claim(tx)
        if found is None:
            return False
        tenant_id, erasure_id = found
        async with self._database.transaction(system(tenant_id)) as tx:
            erasure = await erasures.get(tx, erasure_id)
            if erasure.state is State.REQUESTED:
                log.error("erasure overdue", extra={"erasure": str(erasure_id), "due": erasure.due_time.isoformat()})
                await operations.remind(tx, erasure_id, tx.now)
        if erasure.state is State.APPROVED:
            await self._carry_out(tenant_id, erasure)
        elif erasure.state is State.DONE:
            await self._release(tenant_id, erasure)
        return True

    async def _carry_out(self, tenant_id: UUID, erasure: Erasure) -> None:
        persons = self._persons(tenant_id, erasure)
        traces = await persons.traces()
        for step in STEPS:
            if step in erasure.steps:
                continue
            held: dict[str, object] = {}
            if step == "leads":
                # A repetition finds the words gone; without them it asks the same and is answered as before.
                traces.ClearField("words")
                held = _held(erasure, traces)
            told = [] if step == "imports" else await persons.erase(step, traces, f"erase-{erasure.id}-{step}", **held)
            effects = [_effect(one) for one in told]
            async with self._database.transaction(system(tenant_id)) as tx:
                if step == "imports":
                    effects = await _imports(tx, traces)
                await operations.done(tx, erasure.id, step, effects)
            erasure.step(step, effects)
        async with self._database.transaction(system(tenant_id)) as tx:
            await operations.end(tx, erasure.id)

    async def _release(self, tenant_id: UUID, erasure: Erasure) -> None:
        effects = await self._persons(tenant_id, erasure).end_holds(f"release-{erasure.id}")
        async with self._database.transaction(system(tenant_id)) as tx:
            await operations.release(tx, erasure.id, [_effect(one) for one in effects])

    def _persons(self, tenant_id: UUID, erasure: Erasure) -> Persons:
        assert erasure.decided_by, "somebody approved it"
        return Persons(Sender(self._peers, self._vouch, tenant_id, erasure.decided_by).command, erasure.person_ids)


async def _imports(tx: Tx, traces: data.PersonTraces) -> list[Effect]:
    """Files of imports that name the person, and answers of the gateway's own."""
    counted = {
        "imports.files": await imports.clear_naming(tx, traces.words),
        "gateway.answers": await forget(tx, traces.words),
    }
    return [Effect(kind, Outcome.ERASED, count) for kind, count in counted.items() if count]


def _held(erasure: Erasure, traces: data.PersonTraces) -> dict[str, object]:
    """Whoever was the contact of a deal whose contract stands as evidence is kept with it."""
    if erasure.hold_until is None:
        return {}
    return {"held_contact_ids": list(traces.contact_ids), "hold_until": erasure.hold_until}


def _effect(told: data.ErasureEffect) -> Effect:
    until = from_timestamp(told.until) if told.HasField("until") else None
    outcome = Outcome(data.ErasureEffect.Outcome.Name(told.outcome))
    return Effect(told.kind, outcome, told.count, told.reason, until, list(told.ids))
