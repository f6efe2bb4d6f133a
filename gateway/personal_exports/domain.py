"""A link that opens a file once, for a day, and is itself the key to it."""

import secrets
from datetime import timedelta
from uuid import UUID

from services.kit.errors import NotFound
from services.kit.vault import DataKey

LIFETIME = timedelta(hours=24)
SECRET_BYTES = 32


class ExportGone(NotFound):
    """The link was used, or its day is over, or it never was one."""

    en = "the export was fetched, or has expired"
    zh = "该导出已被下载或已过期"


class Link:
    """Names tenant and export, and holds the secret: whoever keeps the database cannot open the file."""

    def __init__(self, tenant_id: UUID, export_id: UUID, secret: bytes) -> None:
        self.tenant_id = tenant_id
        self.export_id = export_id
        self._key = DataKey(secret)
        self.token = f"{tenant_id.hex}{export_id.hex}{secret.hex()}"

    @classmethod
    def fresh(cls, tenant_id: UUID, export_id: UUID) -> "Link":
        """A link that nobody has."""
        return cls(tenant_id, export_id, secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def read(cls, token: str) -> "Link":
        """The link of that token. Refused: EXPORT_GONE."""
        try:
            raw = bytes.fromhex(token)
        except ValueError:
            raise ExportGone from None
        if len(raw) != 32 + SECRET_BYTES:
            raise ExportGone
        return cls(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:])

    def seal(self, content: bytes) -> bytes:
        """The content as it is kept."""
        return self._key.seal(content, self.export_id.bytes)

    def open(self, sealed: bytes) -> bytes:
        """The content. Raises InvalidTag if the link is another's."""
        return self._key.open(sealed, self.export_id.bytes)
