"""/openapi.json, and /docs: the same document browsable, with every asset served from here."""

import asyncio
from functools import cache
from importlib import resources

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from gateway.refusals import RouteUnknown
from gateway.schema import document

router = APIRouter(include_in_schema=False)

ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
    "start.js": "text/javascript",
}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dealtrail API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<body>
<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
START = b"""SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The whole API as OpenAPI 3.1."""
    application: FastAPI = request.app
    if not hasattr(application.state, "openapi"):
        application.state.openapi = await asyncio.to_thread(_written, application)
    return Response(application.state.openapi, media_type="application/json", headers={"cache-control": "no-cache"})


@router.get("/docs", response_class=HTMLResponse)
async def page() -> HTMLResponse:
    """Swagger UI."""
    return HTMLResponse(PAGE, headers={"content-security-policy": POLICY})


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    """One of its assets. Refused: ROUTE_UNKNOWN."""
    if name not in ASSETS:
        raise RouteUnknown
    return Response(_content(name), media_type=ASSETS[name], headers={"cache-control": "public, max-age=3600"})


@cache
def _content(name: str) -> bytes:
    return START if name == "start.js" else (resources.files("fastapi_swagger.resources") / name).read_bytes()


def _written(application: FastAPI) -> bytes:
    """The contract's routes, and those of the routers that were added."""
    extra = get_openapi(title=application.title, version="1", routes=application.routes)
    return orjson.dumps(document(application.state.peers, extra))
