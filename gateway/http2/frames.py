"""HTTP/2 frames (RFC 9113) and header blocks (RFC 7541) as a client of unary calls writes and reads them."""

import struct
from base64 import b64decode
from collections.abc import Iterable
from functools import lru_cache

from hpack import Decoder

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 1, 2, 3, 4, 5
NO_ERROR, CANCEL = 0x0, 0x8

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD = struct.Struct(">HBBBI")
"""Length in two parts (24 bits), type, flags, stream."""
POST_HTTP = b"\x83\x86"
AUTHORITY, PATH, CONTENT_TYPE = b"\x11", b"\x14", b"\x1f\x10"
"""Names from RFC 7541's static table, for values that are not to be indexed."""

Header = tuple[str, str | bytes]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame."""
    size = len(payload)
    return HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def opening(stream_window: int, window: int) -> bytes:
    """What a client says first. Without a header table, every header block stands for itself."""
    values = {HEADER_TABLE_SIZE: 0, ENABLE_PUSH: 0, INITIAL_WINDOW_SIZE: stream_window}
    settings = frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", name, value) for name, value in values.items()))
    return PREFACE + settings + more_room(0, window - 65535)


def more_room(stream: int, size: int) -> bytes:
    """A WINDOW_UPDATE frame."""
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def reset(stream: int) -> bytes:
    """A RST_STREAM frame that says: not needed any more."""
    return frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))


def whole_call(stream: int, block: bytes, message: bytes) -> bytes:
    """A small request in one piece: its headers and its message."""
    return frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, message)


def header_frames(stream: int, block: bytes, largest: int) -> bytes:
    """A header block, in as many frames as it takes."""
    written = b""
    for at in range(0, len(block), largest):
        flags = END_HEADERS if at + largest >= len(block) else 0
        written += frame(CONTINUATION if at else HEADERS, flags, stream, block[at : at + largest])
    return written


def integer(value: int, bits: int, first: int) -> bytes:
    """An integer with a prefix of that many bits (RFC 7541, 5.1)."""
    bound = (1 << bits) - 1
    if value < bound:
        return bytes((first | value,))
    value -= bound
    parts = [first | bound]
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*parts, value))


def text(value: bytes) -> bytes:
    """A string, not Huffman-coded (RFC 7541, 5.2)."""
    return integer(len(value), 7, 0) + value


def literal(name: str, value: str) -> bytes:
    """A header that leaves no trace in any table on the way (RFC 7541, 6.2.3)."""
    return b"\x10" + text(name.encode("ascii")) + text(value.encode("ascii"))


@lru_cache(4096)
def repeated(name: str, value: str) -> bytes:
    """The same, remembered: for what comes again and again, such as a caller's token."""
    return literal(name, value)


def metadata(pairs: Iterable[tuple[str, str]]) -> bytes:
    """The metadata of a call."""
    return b"".join([(repeated if name == "authorization" else literal)(name, value) for name, value in pairs])


def timeout(seconds: float) -> bytes:
    """How long the caller waits, in milliseconds."""
    return literal("grpc-timeout", f"{max(1, int(seconds * 1000))}m")


def call_head(authority: str, method: str) -> bytes:
    """The part of a call's header block that is the same for all calls of a method."""
    pseudo = POST_HTTP + PATH + text(method.encode()) + AUTHORITY + text(authority.encode())
    return pseudo + CONTENT_TYPE + text(b"application/grpc") + literal("te", "trailers")


@lru_cache(256)
def headers(block: bytes) -> tuple[Header, ...]:
    """The headers in a block. Blocks are whole in themselves, for the table they could refer to has no room.

    So the same bytes mean the same headers, and the few that nearly all answers consist of are remembered.
    """
    return tuple(_header(name.decode("ascii"), value) for name, value in Decoder().decode(block, raw=True))


def _header(name: str, value: bytes) -> Header:
    if name.endswith("-bin"):
        return name, b64decode(value + b"=" * (-len(value) % 4))
    return name, value.decode("latin-1")


def unpadded(flags: int, payload: bytes) -> bytes:
    """The payload without padding and priority."""
    if flags & PADDED:
        payload = payload[1 : len(payload) - payload[0]]
    return payload[5:] if flags & PRIORITY else payload
