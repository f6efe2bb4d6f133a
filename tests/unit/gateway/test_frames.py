"""What we write, an independent reader of HPACK reads."""

from hpack import Decoder
from hypothesis import given
from hypothesis import strategies as some

from gateway.http2 import frames

name = some.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1)
value = some.text(some.characters(min_codepoint=32, max_codepoint=126), max_size=600)


@given(some.lists(some.tuples(name, value)))
def test_metadata_is_read_as_it_was_written(pairs):
    assert [tuple(one) for one in Decoder().decode(frames.metadata(pairs))] == pairs


def test_a_call_begins_with_what_grpc_demands():
    block = frames.call_head("leads:50051", "/dealtrail.leads.v1.LeadsService/GetLead") + frames.timeout(8)
    assert {str(name): str(value) for name, value in Decoder().decode(block)} == {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/dealtrail.leads.v1.LeadsService/GetLead",
        ":authority": "leads:50051",
        "content-type": "application/grpc",
        "te": "trailers",
        "grpc-timeout": "8000m",
    }


@given(some.binary(max_size=100), some.integers(1, 40))
def test_header_blocks_are_cut_into_frames_and_only_the_last_ends_them(block, largest):
    written, parts = frames.header_frames(7, block, largest), b""
    ends: list[bool] = []
    while written:
        high, low, kind, flags, stream = frames.HEAD.unpack_from(written)
        size = high << 8 | low
        assert size <= largest
        assert stream == 7
        assert kind == (frames.CONTINUATION if ends else frames.HEADERS)
        parts += written[9 : 9 + size]
        ends.append(bool(flags & frames.END_HEADERS))
        written = written[9 + size :]
    assert parts == block
    assert ends == [False] * (len(ends) - 1) + [True] * bool(ends)
