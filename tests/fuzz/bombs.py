"""Files that are small to send and large, slow or dangerous to read."""

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

MEGA = 1 << 20
FILE_BYTES = 10_000_000
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"/></Relationships>'
)
BOOK = (
    '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{before}<sheetData>{rows}'
    "</sheetData></worksheet>"
)
TITLE = '<row r="1"><c r="A1" t="inlineStr"><is><t>company</t></is></c></row>'
CORNER = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
BEYOND = '<row r="99999999999"><c r="ZZZZZ99999999999"><v>1</v></c></row>'
NUMBER = f'<row r="2"><c r="A2"><v>{"9" * 500}</v></c></row>'
DATE = '<row r="2"><c r="A2" t="d"><v>99999-99-99</v></c></row>'
LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)) + "]>"
)
OUTSIDE = "<!DOCTYPE x [<!ENTITY a11 SYSTEM 'file:///etc/passwd'>]>"
CELL = '<row r="2"><c r="A2" t="inlineStr"><is><t>{text}</t></is></c></row>'


def workbooks(random: Random) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """XLSX files, made when called for, with what is wrong with each."""
    yield "a sheet of 300 MB zeros", lambda: _book(_sheet(TITLE + "<!--" + "0" * (300 * MEGA) + "-->"))
    yield "a million columns", lambda: _book(_sheet('<row r="1">' + "<c t='b'><v>1</v></c>" * 10**6 + "</row>"))
    yield "a cell in the last corner", lambda: _book(_sheet(TITLE + CORNER))
    yield "a dimension beyond all", lambda: _book(_sheet(TITLE, '<dimension ref="A1:XFD1048576"/>'))
    yield "a row that does not exist", lambda: _book(_sheet(TITLE + BEYOND))
    yield "entities of entities", lambda: _book(LAUGHS + _sheet(TITLE + CELL.format(text="&a11;")))
    yield "an entity from outside", lambda: _book(OUTSIDE + _sheet(TITLE + CELL.format(text="&a11;")))
    yield "elements 100,000 deep", lambda: _book(_sheet("<row>" * 100_000))
    yield "a sheet elsewhere", lambda: _book(_sheet(TITLE), target="../../../../etc/passwd")
    yield "a sheet that is itself", lambda: _book(BOOK, target="workbook.xml")
    yield "numbers beyond all", lambda: _book(_sheet(TITLE + NUMBER))
    yield "dates beyond all", lambda: _book(_sheet(TITLE + DATE))
    yield "ten thousand entries", lambda: _zip({f"xl/{n}.xml": "x" for n in range(10_000)})
    yield "zips in zips", lambda: _zip({"xl/workbook.xml": _zip({"a": _zip({"b": "0" * MEGA})})})
    good = _book(_sheet(TITLE + CELL.format(text="honest")))
    yield "one that lies about sizes", lambda: _lying(_book(_sheet(TITLE + "0" * (200 * MEGA))))
    yield "half of one", lambda: good[: len(good) // 2]
    yield "a head alone", lambda: b"PK\x03\x04" + random.randbytes(5_000)
    yield "an empty one", lambda: b"PK\x05\x06" + bytes(18)
    for _ in range(5):
        spoilt = bytearray(good)
        for _ in range(10):
            spoilt[random.randrange(4, len(spoilt))] = random.randrange(256)
        yield "one with bytes changed", partial(bytes, spoilt)


def tables(random: Random) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """CSV files, made when called for, with what is wrong with each."""
    yield "nothing", lambda: b""
    yield "a BOM alone", lambda: b"\xef\xbb\xbf"
    yield "a header alone", lambda: b"company\n"
    yield "half of UTF-16", lambda: b"\xff\xfec\x00o\x00m"
    yield "NUL characters", lambda: b"company\n" + b"a\0b\n" * 100
    yield "noise", lambda: random.randbytes(MEGA)
    yield "a gzip", lambda: b"\x1f\x8b\x08" + random.randbytes(1_000)
    yield "one line", lambda: b"company\n" + b"x" * (FILE_BYTES - 10)
    yield "quotes alone", lambda: b"company\n" + b'"' * (FILE_BYTES - 10)
    yield "a quote that does not end", lambda: b'company\n"' + b"x\n" * (FILE_BYTES // 2 - 10)
    yield "columns alone", lambda: b"," * FILE_BYTES
    yield "columns in one row", lambda: b"company\n" + b"," * (FILE_BYTES - 10)
    yield "rows alone", lambda: b"company\n" + b"x\n" * (FILE_BYTES // 2 - 10)
    yield "carriage returns alone", lambda: b"company\r" + b"x\r" * (FILE_BYTES // 2 - 10)
    yield "a header of a megabyte", lambda: b"x" * MEGA + b"\nx\n"
    yield "formulas", "company\n=cmd|'/c calc'!A1\n＝1+1\n@x\n".encode
    yield "text that turns around", "company\n\u202e\ufeff\u2066x\n".encode
    yield "lone halves of GB18030", lambda: b"company\n\x81\x30\x81\n\xff\n"
    yield "more than is taken", lambda: b"company\n" + b"x\n" * (FILE_BYTES // 2 + 10)


def mappings() -> Iterator[tuple[str, str]]:
    """Mappings for a file of one column, with what is wrong with each."""
    yield "no JSON", "{"
    yield "depth", "[" * 50_000
    yield "numbers", '{"columns": {"company": 1e400}}'
    yield "half characters", '{"columns": {"\\ud800": "company"}}'
    yield "NUL", '{"columns": {"company": "company\\u0000"}}'
    yield "a hundred thousand columns", '{"columns": {' + ",".join(f'"{n}": "company"' for n in range(10_000)) + "}}"
    yield "names of the inside", '{"columns": {"company": "__class__"}}'
    yield "a key of nothing", '{"columns": {"company": "company"}, "key": ["x"]}'
    yield "nothing", "{}"


def bodies(random: Random) -> Iterator[tuple[str, bytes, bytes]]:
    """Bodies of multipart requests with their content type, and what is wrong with each."""
    kind = b"multipart/form-data; boundary=b"
    field = b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n%b\r\n'
    rest = field % (b"kind", b"leads") + field % (b"mapping", b'{"columns":{"company":"company"}}')
    yield "no boundary", b"multipart/form-data", rest + b"--b--\r\n"
    yield "another boundary", kind + b"x", rest + b"--b--\r\n"
    yield "no end", kind, rest + file % (b"a.csv", b"company\nx")
    yield "no content", kind, b""
    yield "twenty thousand fields", kind, field % (b"x", b"y") * 20_000 + b"--b--\r\n"
    yield "two thousand files", kind, file % (b"a.csv", b"x") * 2_000 + rest + b"--b--\r\n"
    yield "a header of a megabyte", kind, b"--b\r\nX: " + b"x" * MEGA + b"\r\n\r\n\r\n--b--\r\n"
    yield "ten thousand headers", kind, b"--b\r\n" + b"X: x\r\n" * 10_000 + b"\r\n\r\n--b--\r\n"
    yield "parts within parts", kind, b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 5_000 + b"--b--\r\n"
    yield "a field of a megabyte", kind, field % (b"kind", b"x" * MEGA) + rest + b"--b--\r\n"
    for name in (b"../../etc/passwd", b"a\0b", b"x" * 10_000, b"\xff\xfe", b'"', b"=?utf-8?b?zzz?="):
        yield "a name of a file", kind, file % (name, b"company\nx\n") + rest + b"--b--\r\n"
    yield "noise", kind, b"--b\r\n" + random.randbytes(MEGA) + b"\r\n--b--\r\n"
    yield "twelve megabytes", kind, file % (b"a.csv", b"x" * 12 * MEGA) + rest + b"--b--\r\n"


def _sheet(rows: str, before: str = "") -> str:
    return SHEET.format(before=before, rows=rows)


def _book(sheet: str, target: str = "worksheets/sheet1.xml") -> bytes:
    return _zip(
        {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": RELATIONS.format(kind="officeDocument", target="xl/workbook.xml"),
            "xl/workbook.xml": BOOK,
            "xl/_rels/workbook.xml.rels": RELATIONS.format(kind="worksheet", target=target),
            "xl/worksheets/sheet1.xml": sheet,
        }
    )


def _zip(entries: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in entries.items():
            book.writestr(name, content)
    return out.getvalue()


def _lying(book: bytes) -> bytes:
    """The same with every size in its directory said to be small."""
    at, changed = book.find(b"PK\x01\x02"), bytearray(book)
    while at >= 0:
        changed[at + 24 : at + 28] = (100).to_bytes(4, "little")
        at = book.find(b"PK\x01\x02", at + 1)
    return bytes(changed)
