"""Page tokens: opaque, signed, and good for one caller and one list only."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson

from services.kit.errors import PageTokenInvalid

_keys: dict[str, bytes] = {}


def sign_with(secret: bytes) -> None:
    """Set the secret of this process; the same in all replicas of a service."""
    _keys["page"] = secret


def sealed(mark: bytes, *key: Any) -> str:
    """The token for what comes after a row with that key, good for the list that has the mark."""
    body = orjson.dumps([part if part is None else str(part) for part in key])
    return urlsafe_b64encode(_sign(mark, body) + body).decode().rstrip("=")


def opened(token: str, mark: bytes) -> list[Any]:
    """The key that the token was made of. Refused: PAGE_TOKEN_INVALID."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise PageTokenInvalid from None
    signature, body = raw[:16], raw[16:]
    if not hmac.compare_digest(signature, _sign(mark, body)):
        raise PageTokenInvalid
    return orjson.loads(body)  # type: ignore[no-any-return] # signed by us


def _sign(mark: bytes, body: bytes) -> bytes:
    return hmac.digest(_keys["page"], mark + body, "sha256")[:16]


def bookmark(scope: str, *key: str) -> str:
    """A page token of a list that is no single table: opaque, signed, good for this scope only."""
    return sealed(_of_scope(scope), *key)


def bookmarked(scope: str, token: str) -> list[str]:
    """The key that the token was made of. Refused: PAGE_TOKEN_INVALID."""
    return opened(token, _of_scope(scope))


def _of_scope(scope: str) -> bytes:
    return hashlib.blake2b(scope.encode(), digest_size=16).digest()
