"""The routes of personal exports: a link goes out, and opens a file once."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.erasures.persons import Persons
from gateway.identity.system import system
from gateway.pages import caller
from gateway.personal_exports.domain import LIFETIME, ExportGone, Link
from gateway.personal_exports.files import packed
from gateway.personal_exports.store import DROP_EXPIRED, INSERT, TAKE
from gateway.transcode import Caller
from services.kit import audit
from services.kit.database import Database
from services.kit.errors import NotFound, RoleNotAllowed
from services.kit.ids import new_id

ROLES = ("BOSS", "ADMIN")
REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"$ref": f"#/components/responses/Problem{status}"} for status in (400, 401, 403, 404, 429)
} | {"default": {"$ref": "#/components/responses/Problem500"}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "person.json and person.csv in a ZIP.", "content": {"application/zip": {}}},
    404: {"$ref": "#/components/responses/Problem404"},
    "default": {"$ref": "#/components/responses/Problem500"},
}


class PersonalExportRequest(BaseModel):
    """About whom, and what for."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    person_ids: list[UUID] = Field(
        min_length=1, max_length=20, description="The persons: one human, as often as recorded."
    )
    purpose: str = Field(
        min_length=2,
        max_length=200,
        pattern=r"^[^\x00]*[^\s\x00][^\x00]*$",  # PostgreSQL keeps no U+0000
        description="Kept in the audit log.",
    )


class PersonalExport(BaseModel):
    """An export that waits to be fetched."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    id: UUID = Field(description="The id of the export.")
    url: str = Field(description="Opens the file once, without signing in: hand it to the person alone.")
    expire_time: datetime = Field(description="When the link ends if nobody uses it.")


def routes(database: Database, persons: Callable[[str, list[UUID]], Persons]) -> APIRouter:
    """The router; `persons` asks the services as whoever calls."""
    router = APIRouter(tags=["PersonalExports"])

    @router.post("/v1/personalExports", operation_id="createPersonalExport", responses=REFUSED)
    async def create_personal_export(
        request: PersonalExportRequest, who: Annotated[Caller, Depends(exporter)]
    ) -> PersonalExport:
        """Put together all that is held about a person, in all services.

        The answer is a link that opens once and ends after a day. Nobody else can open the file, not even
        whoever keeps the database.
        """
        told = await persons(who.internal_token, request.person_ids).records()
        if not told:
            raise NotFound(kind="person", kind_zh="个人")
        link = Link.fresh(who.principal.tenant_id, new_id())
        async with database.transaction(who.principal) as tx:
            await tx.execute(DROP_EXPIRED)
            expires = tx.now + LIFETIME
            person_id = request.person_ids[0]
            sealed = link.seal(packed(told))
            await tx.execute(INSERT, id=link.export_id, person_id=person_id, sealed=sealed, expire_time=expires)
            audit.record(tx, "privacy.CreatePersonalExport", person_id, request.purpose)
        return PersonalExport(id=link.export_id, url=f"/v1/personalExports/{link.token}", expire_time=expires)

    @router.get(
        "/v1/personalExports/{token}",
        operation_id="fetchPersonalExport",
        responses=FILE,
        openapi_extra={"security": []},
    )
    async def fetch_personal_export(token: str) -> Response:
        """Fetch the file behind a link. The link ends with that."""
        link = Link.read(token)
        try:
            async with database.transaction(system(link.tenant_id)) as tx:
                row = await tx.fetch_one(TAKE, id=link.export_id)
                if row is None:
                    raise ExportGone
                content = link.open(row["sealed"])
                audit.record(tx, "privacy.FetchPersonalExport", row["person_id"])
        except InvalidTag:  # somebody guesses: nothing is taken
            raise ExportGone from None
        headers = {"content-disposition": 'attachment; filename="person.zip"'}
        return Response(content, headers=headers, media_type="application/zip")

    return router


async def exporter(request: Request) -> Caller:
    """The caller, looked at before the rest of the request. Refused: UNAUTHENTICATED, ROLE_NOT_ALLOWED."""
    who = await caller(request)
    if who.principal.role not in ROLES:
        raise RoleNotAllowed(role=who.principal.role, method=request.scope["route"].operation_id)
    return who
