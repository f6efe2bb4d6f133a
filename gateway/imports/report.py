"""The refused rows of an import as CSV: why each was refused, beside what it says, safe to open and to send again."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from gateway.export import BOM, line, safe
from gateway.imports.domain import Operation
from gateway.imports.store import REFUSALS, sealing
from services.kit.database import Database
from services.kit.principal import Principal

PAGE = 500
TITLES = {
    "en": ["row", "field", "reason", "message"],
    "zh": ["行号", "字段", "原因代码", "说明"],
}


async def report(database: Database, who: Principal, operation: Operation, speech: str) -> AsyncIterator[str]:
    """The file, a page of rows at a time."""
    header: list[str] = operation.columns["header"]
    yield BOM + line([*TITLES[speech], *map(safe, header)])
    after = 0
    while True:
        async with database.transaction(who, read_only=True) as tx:
            found = await tx.fetch(REFUSALS, operation_id=operation.id, after=after, limit=PAGE)
            rows = await sealing.open(tx, found)
        yield "".join(_line(row, len(header), speech) for row in rows)
        if len(rows) < PAGE:
            return
        after = rows[-1]["row"]


def _line(row: Mapping[str, Any], width: int, speech: str) -> str:
    faults = row["faults"]
    fields = "; ".join(dict.fromkeys(field for field, _, _ in faults if field))
    texts = [zh if speech == "zh" else en for _, en, zh in faults]
    told = ("；" if speech == "zh" else "; ").join(texts)
    cells = [*row["cells"], *[""] * (width - len(row["cells"]))]
    return line([str(row["row"]), fields, row["reason"], safe(told), *map(safe, cells)])
