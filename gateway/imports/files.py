"""Files as they arrive: found out what they are, and read row by row."""

import asyncio
import csv
import hashlib
import io
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gateway.imports import domain
from gateway.imports.dates import Evidence
from services.kit.errors import Violated

Row = tuple[int, list[str]]
"""The number of a row, as a spreadsheet counts it, and its cells."""

WORKBOOK = b"PK\x03\x04"
DELIMITERS = ",;\t"
PIECE = 256 << 10
WORKBOOK_SECONDS = 60
CELL_BYTES = 1 << 20
csv.field_size_limit(CELL_BYTES)


@dataclass(frozen=True)
class Sheet:
    """A table as text."""

    text: str
    delimiter: str
    header: list[str]

    def rows(self) -> Iterator[Row]:
        """The rows below the header that are not empty. Refused: FILE_MALFORMED."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter)
        try:
            for number, cells in enumerate(reader, start=1):
                if number > 1 and any(map(str.strip, cells)):
                    yield number, cells
        except csv.Error as error:
            raise domain.FileMalformed(fault=f"{error} (line {reader.line_num})") from None

    def packed(self) -> Iterable[bytes]:
        """The text in pieces, small enough for rows of a table."""
        whole = zlib.compress(self.text.encode(), 1)
        return (whole[start : start + PIECE] for start in range(0, len(whole), PIECE))


def unpacked(pieces: Iterable[bytes], delimiter: str, header: list[str]) -> Sheet:
    """The sheet that `packed` made these pieces of."""
    return Sheet(zlib.decompress(b"".join(pieces)).decode(), delimiter, header)


def digest(content: bytes) -> str:
    """Tells files apart."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


async def opened(content: bytes) -> Sheet:
    """The table in an uploaded file.

    Refused: FILE_FORMAT_UNKNOWN, FILE_EMPTY, FILE_MALFORMED, FILE_TOO_LONG, FILE_UNPACKS_TOO_LARGE.
    """
    if content.startswith(WORKBOOK):
        return await asyncio.to_thread(_sheet, await _from_workbook(content), ",")
    return await asyncio.to_thread(_sheet, _decoded(content), "")


async def counted(sheet: Sheet, dated: Mapping[int, str], order: str) -> tuple[int, dict[str, str]]:
    """How many rows there are, and the order of day and month in each of the columns in `dated`, by header.

    Refused: INVALID naming each column that leaves the order open where `order` does not say it;
    FILE_EMPTY, FILE_TOO_LONG, FILE_MALFORMED.
    """
    evidence = {column: Evidence() for column in dated}
    total = await asyncio.to_thread(_look_through, sheet, evidence)
    if not total:
        raise domain.FileEmpty
    if total > domain.MAX_ROWS:
        raise _too_long()
    orders = {dated[column]: seen.order() or order for column, seen in evidence.items()}
    if unclear := [name for name, found in orders.items() if not found]:
        raise Violated(*((f"columns.{name}", *_UNCLEAR) for name in unclear))
    return total, orders


def _look_through(sheet: Sheet, evidence: Mapping[int, Evidence]) -> int:
    """Show the cells to the evidence of their column; how many rows there are."""
    total = 0
    for _, cells in sheet.rows():
        total += 1
        for column, seen in evidence.items():
            if column < len(cells):
                seen.see(cells[column].strip())
    return total


_UNCLEAR = (
    "its days could be month/day or day/month: say dateFormat MDY or DMY",
    "无法判断日期是月/日还是日/月，请用 dateFormat 指明 MDY 或 DMY",
)


def _decoded(content: bytes) -> str:
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise domain.FileFormatUnknown


def _sheet(text: str, delimiter: str) -> Sheet:
    first = text.partition("\n")[0]
    chosen = delimiter or max(DELIMITERS, key=first.count)
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=chosen), [])
    except csv.Error as error:
        raise domain.FileMalformed(fault=error) from None
    if len(header) > domain.MAX_COLUMNS:
        raise _too_long()
    return Sheet(text, chosen, _unambiguous(header))


def _unambiguous(header: list[str]) -> list[str]:
    """Headers without space around them; the second of a name is "name (2)"."""
    seen: dict[str, int] = {}
    names = []
    for cell in header:
        name = cell.strip()
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return names


async def _from_workbook(content: bytes) -> str:
    """The first sheet as CSV, read by a process of its own: what a file does to its reader, it does not do here."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.imports.workbook"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WORKBOOK_SECONDS):
            text, _ = await child.communicate(content)
    except (TimeoutError, RuntimeError):  # uvloop's word for a reader that ended before it was given the file
        raise domain.FileUnpacksTooLarge from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        raise {2: domain.FileFormatUnknown(), 3: _too_long()}.get(child.returncode, domain.FileUnpacksTooLarge())
    return text.decode()


def _too_long() -> domain.FileTooLong:
    return domain.FileTooLong(rows=domain.MAX_ROWS, columns=domain.MAX_COLUMNS)
