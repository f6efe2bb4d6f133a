"""Which files an import takes, and that no other one harms it."""

import io
import zipfile

import openpyxl

from tests.integration.gateway.imports.files import COLUMNS, THREE, reason


async def test_a_file_that_is_no_table_is_refused(office):
    async def refused(content):
        return (await reason(office.start(content, COLUMNS)))[0]

    assert await refused(b"") == "INVALID"
    assert await refused("公司,电话,渠道\n".encode()) == "FILE_EMPTY"
    assert await refused(b"\xff\xfe\x00\xd8,\x00") == "FILE_FORMAT_UNKNOWN"
    assert await refused(bytes(range(256)) * 8) == "FILE_FORMAT_UNKNOWN"
    assert await refused(b"PK\x03\x04 and so on") == "FILE_FORMAT_UNKNOWN"
    assert await refused(b",".join(b"c%d" % n for n in range(501)) + b"\n1\n") == "FILE_TOO_LONG"
    assert await refused(("公司,电话,渠道\n" + "x" * (2 << 20)).encode()) == "FILE_MALFORMED"


async def test_a_null_character_in_the_name_of_a_file_harms_nobody(office):
    field = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    told = field.format("kind", "", "leads") + field.format("mapping", "", '{"columns": {"公司": "company"}}')
    body = told + field.format("file", '; filename="a\0b.csv"', "公司\n甲公司") + "--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await office.client.post("/v1/imports", content=body.encode(), headers=headers)
    assert (answer.status_code, answer.json()["fileName"]) == (202, "ab.csv")


async def test_a_file_over_ten_megabytes_is_refused(office):
    answer = await office.start(b"x" * (11 << 20), COLUMNS)
    assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")


async def test_a_workbook_that_would_burst_its_reader_is_refused_and_harms_nobody(office):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", b"0" * (300 << 20))
    wide = openpyxl.Workbook()
    wide.worksheets[0]["A1"], wide.worksheets[0]["XFD1048576"] = "公司", "far away"
    corner = io.BytesIO()
    wide.save(corner)
    for content in (packed.getvalue(), corner.getvalue()):
        refused, _ = await reason(office.start(content, COLUMNS, name="bomb.xlsx"))
        assert refused == "FILE_UNPACKS_TOO_LARGE"
    assert (await office.load(THREE.encode(), COLUMNS))["state"] == "SUCCEEDED"
