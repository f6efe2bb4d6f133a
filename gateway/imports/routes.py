"""The routes of imports that the contract cannot say: a file comes in, a file goes out."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from dealtrail.imports.v1 import operations_pb2
from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from wire.dealtrail.imports.v1 import operations_pb

from gateway.imports import domain, files, mapping, operations
from gateway.imports.domain import Operation, Rows
from gateway.imports.kinds import BATCHES, Kind, kind
from gateway.imports.report import report
from gateway.imports.rpc import told
from gateway.imports.store import operations as store
from gateway.pages import caller
from gateway.problems import language
from gateway.refusals import BodyTooLarge
from gateway.transcode import Caller
from services.kit.database import Database
from services.kit.errors import RoleNotAllowed, Violated
from services.kit.ids import new_id
from services.kit.principal import Principal

READ_AT_ONCE = 4
"""Files that are looked through at the same time; more would only take memory."""
ROLES = ("BOSS", "MANAGER", "REP")
TAKEN: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "The operation that carries it out.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}},
        "headers": {"Location": {"description": "Where the operation is.", "schema": {"type": "string"}}},
    }
}
REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"$ref": f"#/components/responses/Problem{status}"} for status in (400, 401, 403, 413, 429)
} | {"default": {"$ref": "#/components/responses/Problem500"}}
COLUMN_MAP: dict[str, Any] = {
    "contentMediaType": "application/json",
    "contentSchema": mapping.ColumnMap.model_json_schema(by_alias=True),
    "examples": ['{"columns": {"公司": "company", "电话": "phone"}, "rest": "attributes"}'],
}
ERRORS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The refused rows.", "content": {"text/csv": {"schema": {"type": "string"}}}},
    **{status: {"$ref": f"#/components/responses/Problem{status}"} for status in (401, 403, 404)},
    "default": {"$ref": "#/components/responses/Problem500"},
}


def routes(database: Database, call_worker: Callable[[], None]) -> APIRouter:
    """The router; `call_worker` is told when there is something to do."""
    router = APIRouter(tags=["Operations"])
    reading = asyncio.Semaphore(READ_AT_ONCE)

    @router.post(domain.PATH, status_code=202, operation_id="startImport", responses={**TAKEN, **REFUSED})
    async def start_import(
        who: Annotated[Caller, Depends(importer)],
        file: Annotated[UploadFile, File(description="CSV in UTF-8 or GB18030, or XLSX; at most 10 MB.")],
        kind: Annotated[str, Form(description="What its rows are: " + ", ".join(BATCHES) + ".")],
        mapping: Annotated[str, Form(description="How columns become fields, as JSON.", json_schema_extra=COLUMN_MAP)],
        dry_run: Annotated[bool, Form(alias="dryRun", description="True to check the rows and record none.")] = False,
    ) -> Response:
        """Start importing the rows of a file.

        Rows of a key that was imported before change nothing, so a file may be sent again at any time.
        """
        async with reading:
            operation, sheet = await _read(who.principal, file, kind, mapping, dry_run)
        async with database.transaction(who.principal) as tx:
            await operations.start(tx, operation, sheet)
            answer = told(operation, tx.now)
        call_worker()
        return Response(_json(answer), 202, {"location": f"/v1/operations/{operation.id}"}, "application/json")

    @router.get("/v1/operations/{id}/errors", operation_id="getOperationErrors", responses=ERRORS)
    async def get_errors(id: UUID, who: Annotated[Caller, Depends(importer)], request: Request) -> Response:
        """The rows that an operation refused, as CSV: why, and what they say.

        Correct the rows and send the file again: it has the same columns, and four more in front.
        """
        async with database.transaction(who.principal, read_only=True) as tx:
            operation = await store.get(tx, id)
            if operation.rows.refused and not operation.errors_url(tx.now):
                raise domain.ErrorsDeleted
        speech = language(request.headers.get("accept-language", "").encode("latin-1"))
        name = f'attachment; filename="errors-{operation.id}.csv"'
        lines = report(database, who.principal, operation, speech)
        return StreamingResponse(
            lines, headers={"content-disposition": name}, media_type="text/csv; charset=utf-8; header=present"
        )

    return router


async def importer(request: Request) -> Caller:
    """The caller, looked at before the rest of the request. Refused: UNAUTHENTICATED, ROLE_NOT_ALLOWED."""
    who = await caller(request)
    if who.principal.role not in ROLES:
        raise RoleNotAllowed(role=who.principal.role, method=request.scope["route"].operation_id)
    return who


async def _read(
    who: Principal, file: UploadFile, kind_name: str, mapping_text: str, dry_run: bool
) -> tuple[Operation, files.Sheet]:
    """The operation that the request asks for, and its table. Refused: INVALID, and as gateway.imports.files says."""
    known = _kind(kind_name)
    given = mapping.parsed(mapping_text)
    content = await file.read(domain.MAX_BYTES + 1)
    if len(content) > domain.MAX_BYTES:
        raise BodyTooLarge(limit=domain.MAX_BYTES)
    sheet = await files.opened(content)
    bound = mapping.bound(known, given, sheet.header)
    dated = {target.column: sheet.header[target.column] for target in bound.columns if mapping.is_dated(target)}
    total, orders = await files.counted(sheet, dated, given.date_format)
    now = datetime.now(UTC)
    operation = Operation(
        id=new_id(),
        kind=known.name,
        owner_id=who.user_id,
        team_id=who.team_id,
        create_time=now,
        update_time=now,
        rows=Rows(total=total),
        file_name=(file.filename or "").replace("\0", "")[:200],
        dry_run=dry_run,
        columns={
            "header": sheet.header,
            "delimiter": sheet.delimiter,
            "digest": files.digest(content),
            "mapping": given.model_dump(by_alias=True),
            "orders": orders,
        },
    )
    return operation, sheet


def _kind(name: str) -> Kind:
    if (known := kind(name)) is None:
        listed = ", ".join(BATCHES)
        raise Violated(("kind", f"must be one of {listed}", f"应为 {listed} 之一"))
    return known


def _json(answer: operations_pb2.Operation) -> str:
    message = operations_pb.Operation.from_binary(answer.SerializeToString())
    return message.to_json(always_emit_implicit=True)
