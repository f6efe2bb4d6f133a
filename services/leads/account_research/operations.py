"""Note what is found out, and judge how our products fit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.leads.account_research.domain import FitCell, FitMatrix, ResearchNote, matrix, must_differ
from services.leads.account_research.store import ADD_CELL, CELLS, NEWEST, cell_codec, matrix_codec, notes
from services.leads.accounts.store import accounts
from services.leads.days import ZONE
from services.leads.wallets.domain import SourceInFuture


async def note(tx: Tx, found: ResearchNote) -> ResearchNote:
    """Keep a note. Refused: NOT_FOUND; ACCOUNT_MERGED, SOURCE_IN_FUTURE."""
    (await accounts.get(tx, found.account_id)).must_stand()
    if found.source_date > tx.now.astimezone(ZONE).date():
        raise SourceInFuture
    await notes.add(tx, found)
    return found


async def judge(tx: Tx, account_id: UUID, cells: list[FitCell]) -> FitMatrix:
    """Make the next version of a matrix. Refused: NOT_FOUND; ACCOUNT_MERGED, FIT_CELL_TWICE."""
    account = await accounts.locked(tx, account_id)
    account.must_stand()
    must_differ(cells)
    revision = await tx.fetch_value(NEWEST, account_id=account_id) + 1
    of = {
        "tenant_id": tx.principal.tenant_id,
        "account_id": account_id,
        "revision": revision,
        "author_id": tx.principal.user_id,
        "create_time": tx.now,
    }
    rows: list[Mapping[str, Any]] = [{"id": new_id()} | of | cell_codec.to_row(one) for one in cells]
    await tx.execute_many(ADD_CELL, rows)
    judged = matrix(account_id, revision, cells, tx.principal.user_id, tx.now)
    tx.emit(events.FitJudged(fit_matrix=matrix_codec.to_message(judged.told())), account)
    return judged


async def fit(tx: Tx, account_id: UUID, revision: int = 0) -> FitMatrix:
    """A version of a customer's matrix, the newest if 0. Refused: NOT_FOUND."""
    await accounts.row(tx, account_id)
    named = {"revision": revision} if revision else {}
    rows = await tx.fetch(CELLS(bool(revision)), account_id=account_id, **named)
    if not rows:
        if revision:
            raise NotFound(kind="version of the matrix", kind_zh="匹配度版本")
        return FitMatrix(account_id)
    cells = map(cell_codec.from_row, rows)
    return matrix(account_id, rows[0]["revision"], cells, rows[0]["author_id"], rows[0]["create_time"])
