"""Secrets come from files or from the environment, never from a command line, and from no file that others can read."""

import os
from collections.abc import Mapping
from pathlib import Path

OTHERS = 0o027
"""Everybody else may do nothing with the file, the group may read it at most."""


def read_secret(path: str) -> bytes:
    """What a file with a secret holds. The process ends if others may read it or the group may write it."""
    try:
        with Path(path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            if mode & OTHERS:
                raise SystemExit(f"{path} holds a secret and is open to others (mode {mode:o}): chmod 600 {path}")
            return file.read().strip()
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror}") from None


def variable(name: str, environment: Mapping[str, str] | None = None) -> str | None:
    """A secret setting: the variable `name`, or what the file holds that the variable `name`_FILE names."""
    found = os.environ if environment is None else environment
    given, path = found.get(name), found.get(f"{name}_FILE")
    if given is not None and path is not None:
        raise SystemExit(f"give {name} or {name}_FILE, not both")
    return read_secret(path).decode() if path is not None else given


def required(name: str) -> str:
    """The same; the process ends if neither is given."""
    value = variable(name)
    if value is None:
        raise SystemExit(f"{name} is not set, and no {name}_FILE")
    return value
