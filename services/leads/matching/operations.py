"""Marking leads and accounts, and finding what may be the same company."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.kit.database import Tx
from services.kit.vault import TenantKey
from services.kit.visibility import RESTORE, signature
from services.leads.matching.domain import Candidate, Row, Sign, matched, personal_signs, signs
from services.leads.matching.store import FORGET, LOOK, MARK, MARK_UNMATCHED, UNMARK

TURNS = 256
"""Transactions that bring in the same mark take turns, so that two that come at once find each other. Marks share
so many turns a tenant: a batch must not hold more locks than the server has room for."""
Marks = dict[bytes, Sign]


@dataclass
class Hit:
    """What others have that may be the company of one candidate."""

    others: dict[UUID, Candidate] = field(default_factory=dict)
    signs: set[Sign] = field(default_factory=set)


async def find(tx: Tx, arrived: Sequence[Candidate]) -> dict[UUID, Hit]:
    """Mark these, and find what others have of the same: open leads and accounts, and earlier ones of these.

    What is another's alone is found, too: that there is a match is told, and to whom it belongs is not.
    Until the transaction ends, nobody else brings in the same marks.
    """
    tenant = await tx.vault.tenant_to_seal(tx)
    marks = {one.id: _marks(tenant, signs(one)) for one in arrived}
    every = {mark for found in marks.values() for mark in found}
    if not every:
        return {}
    turns = {_turn(tx.principal.tenant_id, mark) for mark in every}
    if tx.may_presume and len(arrived) == 1:
        _presume_nothing(tx, arrived[0], marks[arrived[0].id], turns)
        return {}
    await tx.begin(turns, lifted=True)
    known: dict[bytes, list[Candidate]] = {}
    rows = await tx.fetch(LOOK, **_columns(marks))
    await tx.execute(RESTORE, whose=signature(tx.principal))
    for row in rows:
        known.setdefault(row["mark"], []).append(_candidate(row))
    hits: dict[UUID, Hit] = {}
    for one in arrived:
        for mark, sign in marks[one.id].items():
            for other in known.get(mark, ()):
                if matched(sign, one, other):
                    hit = hits.setdefault(one.id, Hit())
                    hit.others[other.id] = other
                    hit.signs.add(sign)
            known.setdefault(mark, []).append(one)
    return hits


def _presume_nothing(tx: Tx, one: Candidate, marks: Marks, turns: set[int]) -> None:
    """Nearly always nobody else has anything of it: then the last statement of the transaction looks and marks."""
    given = {"marks": list(marks), "signs": [sign.value for sign in marks.values()], "turns": sorted(turns)}
    tx.presume(MARK_UNMATCHED, row_id=one.id, owner_id=one.owner_id, **given)


async def mark(tx: Tx, candidate: Candidate) -> None:
    """Mark what is no new prospect, so that later ones find it: what a lead became, or a further contact there."""
    found = _marks(await tx.vault.tenant_to_seal(tx), signs(candidate))
    if found:
        await tx.execute(MARK, **_columns({candidate.id: found}))


async def unmark(tx: Tx, row_id: UUID) -> None:
    """Take all its marks away."""
    await tx.execute(UNMARK, row_id=row_id)


async def forget(tx: Tx, ids: Iterable[UUID], persons: Iterable[tuple[str, str, str]]) -> int:
    """Take away from these leads and accounts the marks of persons, given by phone, mail and WeChat id; how many."""
    tenant = await tx.vault.tenant(tx)
    gone = [found for one in persons for found in _marks(tenant, personal_signs(*one))]
    return await tx.execute(FORGET, ids=list(ids), marks=gone) if gone else 0


def _marks(tenant: TenantKey, found: Iterable[tuple[Sign, str]]) -> Marks:
    """What stands in the table for each sign: keyed, so that it tells nobody without the tenant's key anything."""
    return {tenant.mark(f"match {sign} {text}"): sign for sign, text in found}


def _turn(tenant_id: UUID, mark: bytes) -> int:
    """The number of the turn of a mark: the tenant's, and a part of the mark."""
    return ((tenant_id.int & ((1 << 55) - 1)) << 8 | mark[0] % TURNS) - (1 << 62)


def _columns(marks: dict[UUID, Marks]) -> dict[str, Any]:
    rows = [(row_id, one, sign.value) for row_id, found in marks.items() for one, sign in found.items()]
    row_ids, given, kinds = map(list, zip(*rows, strict=True))
    return {"row_ids": row_ids, "marks": given, "signs": kinds}


def _candidate(row: Any) -> Candidate:
    return Candidate(
        row["row_id"],
        Row.LEAD if row["lead_id"] else Row.ACCOUNT,
        row["owner_id"],
        row["team_id"],
        row["company"],
        row["capture_time"],
        row["uscc"],
        exclusive=row["exclusive"],
    )
