"""One XLSX on standard input becomes CSV on standard output, within bounds of memory and time. No formula is run.

    python -m gateway.imports.workbook < book.xlsx > sheet.csv

Exit codes: 2 no workbook that we read, 3 too many rows or columns, 4 unpacks to too much; else killed by its limits.
"""

import csv
import io
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from gateway.imports.domain import MAX_COLUMNS, MAX_ROWS

NOT_READ, TOO_LONG, TOO_LARGE = 2, 3, 4
MEMORY_BYTES = 1536 << 20
CPU_SECONDS = 50
UNPACKED_BYTES = 400 << 20
RATIO = 100
SMALL_BYTES = 1 << 20
"""What may unpack to any ratio."""


def main() -> None:
    """Translate, or say by the exit code why not."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    content = sys.stdin.buffer.read()
    try:
        if _unpacks_to(content) > max(SMALL_BYTES, min(UNPACKED_BYTES, RATIO * len(content))):
            sys.exit(TOO_LARGE)
        out = io.StringIO(newline="")
        csv.writer(out).writerows(_rows(content))
    except (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, IndexError, EOFError):
        sys.exit(NOT_READ)
    except MemoryError:
        sys.exit(TOO_LARGE)
    sys.stdout.buffer.write(out.getvalue().encode())


def _unpacks_to(content: bytes) -> int:
    """How much it really unpacks to: what its directory says of sizes may be a lie."""
    size = 0
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for entry in book.infolist():
            start = entry.header_offset
            name, extra = (int.from_bytes(content[start + at : start + at + 2], "little") for at in (26, 28))
            packed = content[start + 30 + name + extra :][: entry.compress_size]
            size += sum(_sizes(packed)) if entry.compress_type == zipfile.ZIP_DEFLATED else len(packed)
            if size > UNPACKED_BYTES:
                break
    return size


def _sizes(packed: bytes) -> Iterator[int]:
    inflating = zlib.decompressobj(-15)
    while packed:
        yield len(inflating.decompress(packed, SMALL_BYTES))
        packed = inflating.unconsumed_tail


def _rows(content: bytes) -> Iterator[list[str]]:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    if sheet.width > MAX_COLUMNS or sheet.total_height > MAX_ROWS + 1:
        sys.exit(TOO_LONG)
    # Rows above the first that has anything are not handed out; numbers must be those that people see.
    yield from ([] for _ in range(sheet.start[0] if sheet.start else 0))
    for row in sheet.iter_rows():
        yield [_cell(value) for value in row]


def _cell(value: Any) -> str:
    """A value as a spreadsheet shows it: numbers with the fifteen digits that it keeps, days in ISO."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
        case datetime():
            return value.isoformat(" ", "seconds") if value.time() != time() else value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return str(value)


if __name__ == "__main__":
    main()
