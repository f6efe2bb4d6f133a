"""Whether the gateway lives, whether it is ready, and what it counts."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from gateway.refusals import NotReady

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def alive() -> JSONResponse:
    """The event loop turns."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """All services behind the gateway serve. Refused: NOT_READY, naming those that do not."""
    if missing := await request.app.state.readiness.missing():
        raise NotReady(missing=", ".join(missing))
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Everything this process counts, for Prometheus; with exemplars for who accepts OpenMetrics."""
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(REGISTRY), headers={"content-type": media_type})
