"""The quota, the record of each export as it leaves, and what everybody was shown in a day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from gateway.export_requests.domain import State as RequestState
from gateway.export_requests.store import EXPIRE, FOLLOW, requests
from gateway.exports.domain import EVERYBODY, Export, ExportNeedsApproval, ExportQuota, Kind, State, day
from gateway.exports.store import ABANDONED, END, GO_ON, QUOTA, REVEAL, SET, TAKE, USED, exports
from gateway.exports.unusual import notice
from services.kit import audit
from services.kit.database import Database, Tx
from services.kit.errors import Conflict, VersionMismatch
from services.kit.ids import new_id
from services.kit.principal import Principal

PATIENCE = timedelta(minutes=10)
"""An export of which nothing was heard for so long has lost its gateway."""


class Ledger:
    """Keeps count of what leaves, in transactions of its own: what has left stays counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, who: Principal, method: str, wanted: str, request_id: UUID | None) -> "Leaving":
        """An export of a list in its canonical spelling, by that list method.

        Refused: NOT_FOUND, EXPORT_NOT_APPROVED, EXPORT_NOT_AS_REQUESTED if the request does not cover it.
        """
        async with self._database.transaction(who, read_only=True) as tx:
            quota = await current(tx)
            if request_id is not None:
                (await requests.get(tx, request_id)).must_let_leave(wanted, tx.now)
            export = Export(
                id=new_id(),
                owner_id=who.user_id,
                team_id=who.team_id,
                list=wanted.partition("?")[0],
                request_id=request_id,
                create_time=tx.now,
                update_time=tx.now,
            )
        return Leaving(self._database, who, export, method, wanted, quota)

    async def revealed(self, who: Principal) -> None:
        """The caller was shown somebody's personal data."""
        async with self._database.transaction(who) as tx:
            row = await tx.fetch_one(REVEAL, day=day(tx.now), user_id=who.user_id)
            assert row is not None, "an upsert answers its row"
            if not row["reveals_told"]:
                await notice(tx, Kind.REVEALS, row["reveals"])


class Leaving:
    """One export on its way out. Nothing is written before its first rows leave."""

    def __init__(
        self, database: Database, who: Principal, export: Export, method: str, wanted: str, quota: ExportQuota
    ) -> None:
        self._database = database
        self._who = who
        self._export = export
        self._method = method
        self._wanted = wanted
        self._quota = quota
        self._begun = False
        self.approved = export.request_id is not None
        """Whether it may be as long as it is."""
        began = export.create_time.astimezone().isoformat(timespec="seconds")
        self.mark = f"{export.id} {export.owner_id} {began}"
        """What stands in each row: by which export it left, who exported, and when."""

    def admit(self, rows: int) -> None:
        """Whether so many rows may leave. Refused: EXPORT_NEEDS_APPROVAL."""
        if not self.approved and rows > self._quota.approval_rows:
            raise ExportNeedsApproval(limit=self._quota.approval_rows)

    async def take(self, rows: int) -> None:
        """Count rows that leave now. Refused: EXPORT_QUOTA_EXCEEDED; EXPORT_NOT_APPROVED if another was faster."""
        async with self._database.transaction(self._who) as tx:
            if not self._begun:
                await self._begin(tx)
            await count(tx, rows)
            gone = await tx.fetch_value(GO_ON, id=self._export.id, rows=rows)
            if self.approved:
                await tx.execute(FOLLOW, export_id=self._export.id, rows=gone, to=RequestState.RUNNING.value)
        self._begun = True

    async def _begin(self, tx: Tx) -> None:
        purpose = ""
        if self._export.request_id is not None:
            asked = await requests.locked(tx, self._export.request_id)
            asked.must_let_leave(self._wanted, tx.now)
            asked.run(self._export.id)
            await requests.save(tx, asked)
            purpose = asked.purpose
        await exports.add(tx, self._export)
        audit.record(tx, f"exports.{self._method}", self._export.id, purpose)

    async def end(self, *, whole: bool) -> None:
        """It has ended: all rows have left, or it broke off."""
        if self._begun:
            async with self._database.transaction(self._who) as tx:
                await _end(tx, self._export.id, State.DONE if whole else State.FAILED)


async def _end(tx: Tx, export_id: UUID, state: State) -> None:
    rows = await tx.fetch_value(END, id=export_id, to=state.value)
    if rows is not None:
        await tx.execute(FOLLOW, export_id=export_id, rows=rows, to=RequestState(state.value).value)


async def tidy(tx: Tx) -> bool:
    """End what nobody ends: exports whose gateway died, and approvals that nobody used. Whether there is more."""
    await tx.execute(EXPIRE)
    left = await tx.fetch(ABANDONED, before=tx.now - PATIENCE)
    for row in left:
        await _end(tx, row["id"], State.FAILED)
    return bool(left)


async def count(tx: Tx, rows: int) -> None:
    """Count rows for the caller and for everybody. Refused: EXPORT_QUOTA_EXCEEDED."""
    quota = await current(tx)
    for whom in (EVERYBODY, tx.principal.user_id):
        limit = quota.limit(whom)
        row = None
        if rows <= limit:
            row = await tx.fetch_one(TAKE, day=day(tx.now), user_id=whom, rows=rows, limit=limit)
        if row is None:
            raise quota.exceeded(whom, tx.now)
        if whom != EVERYBODY and not row["rows_told"]:
            await notice(tx, Kind.EXPORTED_ROWS, row["rows"])


async def current(tx: Tx) -> ExportQuota:
    """The quota that holds."""
    row = await tx.fetch_one(QUOTA)
    if row is None:
        return ExportQuota()
    return ExportQuota(row["user_rows"], row["tenant_rows"], row["approval_rows"], row["version"])


async def used(tx: Tx) -> dict[UUID, int]:
    """Rows exported today by each user, and by EVERYBODY."""
    return {row["user_id"]: row["rows"] for row in await tx.fetch(USED, day=day(tx.now))}


async def update(tx: Tx, given: Mapping[str, int]) -> ExportQuota:
    """Set what is given, by its name. Refused: VERSION_MISMATCH if If-Match speaks of another; CONFLICT."""
    quota = await current(tx)
    if tx.if_match is not None and tx.if_match != quota.version:
        raise VersionMismatch(version=quota.version)
    quota = replace(quota, **given, version=quota.version + 1)
    if not await tx.execute(SET, **vars(quota)):
        raise Conflict
    return quota
