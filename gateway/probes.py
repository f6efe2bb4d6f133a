"""Whether the gateway lives, whether it is ready, and what it counts: answered by itself, before any page is loaded."""

import orjson
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from gateway.peers import Readiness
from gateway.refusals import MethodNotAllowed, NotReady
from gateway.transcode import Answer, Incoming

PATHS = ("/healthz", "/readyz", "/metrics")
JSON = "application/json"


class Probes:
    """Answers requests for PATHS, from anybody."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    async def answer(self, incoming: Incoming) -> Answer:
        """Answer one of PATHS. Refused: METHOD_NOT_ALLOWED; NOT_READY, naming the services that do not serve."""
        path = incoming.scope["path"]
        if incoming.scope["method"] not in {"GET", "HEAD"}:
            raise MethodNotAllowed(allowed="GET")
        if path == "/metrics":
            # With exemplars for who accepts OpenMetrics.
            encode, media_type = choose_encoder(incoming.headers.get(b"accept", b"").decode("latin-1"))
            return _plain(encode(REGISTRY), media_type)
        if path == "/readyz" and (missing := await self._readiness.missing()):
            raise NotReady(missing=", ".join(missing))
        return _plain(orjson.dumps({"status": "ready" if path == "/readyz" else "alive"}), JSON)


def _plain(body: bytes, media_type: str) -> Answer:
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    return Answer(200, headers, body)
