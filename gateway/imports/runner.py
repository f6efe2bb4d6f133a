"""One import carried out: rows in chunks, two of them under way, each committed with what became of it."""

import asyncio
from collections import deque
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sqlalchemy import bindparam, select
from wire.dealtrail.type.v1.batch_pb import ItemResult

from gateway.identity.system import system
from gateway.identity.users.store import table as users
from gateway.imports import mapping, operations
from gateway.imports.domain import Operation
from gateway.imports.files import Row, Sheet
from gateway.imports.kinds import Kind, kind
from gateway.imports.plan import Chunk, Names, Plan, Refused
from gateway.imports.references import LISTS, References
from gateway.imports.sending import Sender
from services.kit.database import Database
from services.kit.sql import Query
from services.kit.status import json_path

ROWS = 500
AT_ONCE = 2
PEOPLE = Query(
    select(users.c.id, users.c.username, users.c.display_name).where(
        users.c.tenant_id == bindparam("tenant_id"), users.c.active
    )
)


@dataclass
class Sent:
    """A chunk under way."""

    chunk: Chunk
    rows: int
    results: "asyncio.Task[list[object]]"


class Runner:
    """Carries out one operation, from where it was left."""

    def __init__(self, database: Database, tenant_id: UUID, worker: UUID, operation: Operation, sender: Sender) -> None:
        self._database = database
        self._system = system(tenant_id)
        self._worker = worker
        self._operation = operation
        self._sender = sender
        self._kind = self._known(kind(operation.kind))
        self._rows = copy(operation.rows)
        self._references = References(sender.read)

    async def run(self) -> None:
        """Go on to the end. Raises Problem if it cannot go on, LeaseLost if it must not."""
        async with self._database.transaction(self._system, read_only=True) as tx:
            sheet = await operations.sheet_of(tx, self._operation)
            people = await tx.fetch(PEOPLE)
        self._references.know_users((one["id"], one["username"], one["display_name"]) for one in people)
        plan = self._plan(sheet)
        rows = islice(sheet.rows(), self._operation.rows.done, None)
        under_way: deque[Sent] = deque()
        try:
            while chunk := await asyncio.to_thread(_take, rows):
                under_way.append(await self._sent(plan, sheet, chunk, len(under_way)))
                if len(under_way) == AT_ONCE:
                    await self._settle(plan, under_way.popleft())
            while under_way:
                await self._settle(plan, under_way.popleft())
        finally:
            for one in under_way:
                one.results.cancel()

    def _plan(self, sheet: Sheet) -> Plan:
        told = self._operation.columns
        given = mapping.ColumnMap.model_validate(told["mapping"])
        bound = mapping.bound(self._kind, given, sheet.header)
        orders = {sheet.header.index(name): order for name, order in told["orders"].items()}
        names = Names(self._system.tenant_id, given.key)
        return Plan(self._kind, given, bound, names, told["digest"], orders, self._references)

    async def _sent(self, plan: Plan, sheet: Sheet, rows: list[Row], ahead: int) -> Sent:
        for names, by in LISTS:
            texts = {plan.cell(target, cells) for target in plan.named(names, by) for _, cells in rows}
            await self._references.learn(names, by, texts - {""})
        chunk = await asyncio.to_thread(plan.prepare, rows, len(sheet.header))
        # A chunk has the same key after a restart: chunks start at multiples of ROWS.
        key = f"import-{self._operation.id}-{self._rows.done + ahead * ROWS}"
        return Sent(chunk, len(rows), asyncio.create_task(self._results(chunk, key)))

    async def _results(self, chunk: Chunk, key: str) -> list[object]:
        if not chunk.items:
            return []
        return await self._sender.send(self._kind, chunk.items, self._operation.dry_run, key)

    async def _settle(self, plan: Plan, sent: Sent) -> None:
        """Wait for what became of a chunk, and commit it."""
        results = await sent.results
        told, noted = list(sent.chunk.refused), 0
        for (number, cells), result in zip(sent.chunk.rows, results, strict=True):
            assert isinstance(result, ItemResult)
            if result.outcome is ItemResult.Outcome.CREATED:
                self._rows.created += 1
                if not result.reason:
                    continue
                noted += 1
                told.append(Refused(number, cells, result.reason, _faults(plan, result)))
            elif result.outcome is ItemResult.Outcome.EXISTED:
                self._rows.existed += 1
            else:
                told.append(Refused(number, cells, result.reason, _faults(plan, result)))
        self._rows.refused += len(told) - noted
        self._rows.noted += noted
        self._rows.done += sent.rows
        async with self._database.transaction(self._system) as tx:
            await operations.come_further(tx, self._operation.id, self._worker, copy(self._rows), told)

    @staticmethod
    def _known(found: Kind | None) -> Kind:
        assert found is not None, "only known kinds are taken"
        return found


def _take(rows: Iterator[Row]) -> list[Row]:
    return list(islice(rows, ROWS))


def _faults(plan: Plan, result: ItemResult) -> list[tuple[str, str, str]]:
    if not result.violations:
        return [("", result.message, result.message_zh or result.message)]
    return [
        (plan.path_of(json_path(one.field)), one.message, one.message_zh or one.message) for one in result.violations
    ]
