"""The file of an export: the same records as JSON, for machines, and as CSV, for people."""

import io
import zipfile
from collections.abc import Iterable

import orjson
from dealtrail.type.v1.personal_data_pb2 import PersonalRecord

from gateway.export import BOM, line, safe
from services.kit.codec import from_timestamp

Told = Iterable[tuple[str, PersonalRecord]]


def packed(told: Told) -> bytes:
    """A ZIP of person.json and person.csv."""
    found = [
        {
            "service": service,
            "kind": one.kind,
            "id": one.id,
            "createTime": from_timestamp(one.create_time).isoformat(),
            "fields": dict(sorted(one.fields.items())),
        }
        for service, one in told
    ]
    rows = [
        [*(safe(str(record[name])) for name in ("service", "kind", "id", "createTime")), safe(name), safe(value)]
        for record in found
        for name, value in record["fields"].items()  # type: ignore[attr-defined] # a record is JSON
    ]
    csv = BOM + "".join(map(line, [["service", "kind", "id", "createTime", "field", "value"], *rows]))
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", orjson.dumps(found, option=orjson.OPT_INDENT_2))
        archive.writestr("person.csv", csv)
    return whole.getvalue()
