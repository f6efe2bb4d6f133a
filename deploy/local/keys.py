"""Secrets of one home: made up once, kept in files that only their owner can read."""

import json
import os
import secrets
import tempfile
from base64 import urlsafe_b64encode
from pathlib import Path

PRIVATE_KEYS = "internal.private.jwks"
PUBLIC_KEYS = "internal.public.jwks"
MASTER_KEYS = "master.jwks"


def secret(folder: Path, name: str) -> str:
    """The secret of that name: 192 random bits in hexadecimal, made when first asked for."""
    path = folder / name
    if not path.exists():
        write_private(path, secrets.token_hex(24))
    return path.read_text().strip()


def signing_keys(folder: Path) -> None:
    """Make the key pair with which the gateway vouches for callers, unless it is there already."""
    private, public = folder / PRIVATE_KEYS, folder / PUBLIC_KEYS
    if private.exists() and public.exists():
        return
    from joserfc.jwk import OKPKey  # noqa: PLC0415 - only the first start loads cryptography for this

    if not private.exists():
        key = OKPKey.generate_key("Ed25519", {"alg": "Ed25519", "use": "sig", "kid": secrets.token_hex(4)})
        write_private(private, json.dumps({"keys": [key.as_dict(private=True)]}))
    if not public.exists():
        keys = [OKPKey.import_key(key).as_dict(private=False) for key in json.loads(private.read_text())["keys"]]
        write_private(public, json.dumps({"keys": keys}))


def master_keys(folder: Path) -> None:
    """Make the key below which personal data is sealed, unless it is there already."""
    path = folder / MASTER_KEYS
    if not path.exists():
        fresh = urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        write_private(path, json.dumps({"keys": [{"kty": "oct", "kid": secrets.token_hex(4), "k": fresh}]}))


def write_private(path: Path, text: str) -> None:
    """Write the file whole or not at all, readable by its owner only; it outlives a power cut from now on."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(handle)
    Path(fresh).replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Have the disk know which files the folder has."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
