"""Bytes as they are, sent to a port."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from random import Random

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(192)


def noise(random: Random) -> Iterator[tuple[str, bytes]]:
    """What is no HTTP/2, or only begins like it."""
    yield "nothing", b""
    yield "zeros", bytes(1000)
    yield "HTTP/1.1", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield "TLS", HELLO
    yield "100 kB of noise", random.randbytes(100_000)
    yield "a preface alone", PREFACE
    yield "frames of noise", PREFACE + b"".join(_frame(random) for _ in range(50))
    yield "a frame that is too long", PREFACE + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01"
    yield "headers of noise", PREFACE + frame(4, 0, 0, b"") + frame(1, 4, 1, random.randbytes(200))
    yield "headers that go on", PREFACE + frame(4, 0, 0, b"") + frame(1, 0, 1, b"") + frame(9, 0, 1, b"\x82" * 99) * 99
    yield "many resets", PREFACE + frame(4, 0, 0, b"") + _resets(500)
    yield "many pings", PREFACE + frame(4, 0, 0, b"") + frame(6, 0, 0, bytes(8)) * 2000
    yield "many settings", PREFACE + frame(4, 0, 0, b"\0\1\0\0\0\1") * 2000
    yield "a window beyond all", PREFACE + frame(4, 0, 0, b"") + frame(8, 0, 0, b"\x7f\xff\xff\xff") * 2


async def said_to(address: str, content: bytes, patience_s: float = 0.3) -> bytes:
    """What a port answers until it closes or nothing more comes."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    with suppress(OSError, TimeoutError):
        writer.write(content)
        await asyncio.wait_for(writer.drain(), 5)
        while part := await asyncio.wait_for(reader.read(65536), patience_s):
            answer += part
    writer.close()
    return answer


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    """One frame of HTTP/2."""
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content


def _frame(random: Random) -> bytes:
    return frame(
        random.randrange(12), random.randrange(256), random.getrandbits(31), random.randbytes(random.randrange(60))
    )


def _resets(count: int) -> bytes:
    block = b"\x82\x86\x84\x41\x01x"
    streams = range(1, 2 * count, 2)
    return b"".join(frame(1, 5, one, block) + frame(3, 0, one, bytes(4)) for one in streams)
