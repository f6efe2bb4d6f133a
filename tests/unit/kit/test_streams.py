"""Headers of messages are read as the library reads them, whoever wrote them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nats.aio.client import Client

from services.kit.streams import Connection

TOKENS = st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters="-"), min_size=1)
LINES = st.lists(st.tuples(TOKENS, st.text()))


@given(LINES)
def test_headers_that_are_written_as_they_should_be_are_those_that_the_library_finds(lines):
    raw = "".join(f"{name}: {value}\r\n" for name, value in lines).encode(errors="surrogatepass") + b"\r\n"
    assert Connection._parse_header_lines(raw) == Client._parse_header_lines(raw)


ODD = [b"a", b"B", b": ", b":", b" ", b"\t", b"\r\n", b"\r", b"\xa0", b"\xe2\x80\x83", b"\x1c"]


@given(st.lists(st.sampled_from(ODD)))
@example([b"ce-id:x\r\n"])
@example([b"ce:id: x\r\n"])
@example([b"ce id: x\r\n"])
@example([b" ce-id: x\r\n"])
@example([b"\xe5\xb1\x95: x\r\n"])
def test_headers_that_anybody_may_write_are_those_that_the_library_finds(pieces):
    raw = b"".join(pieces)
    assert Connection._parse_header_lines(raw) == Client._parse_header_lines(raw)


@pytest.mark.parametrize("value", ["", "01a206a2", "展会", " far in "])
def test_what_an_event_says_is_read_without_asking_the_library(monkeypatch, value):
    monkeypatch.setattr(Client, "_parse_header_lines", None)
    assert Connection._parse_header_lines(f"ce-id: {value}\r\n\r\n".encode()) == {"ce-id": value.strip()}
