"""What a run says of an answer that nobody should get is found in the logs by its trace."""

from tests.chaos import evidence

TRACE = "0123456789abcdef" * 2
LOG = f"""12:00:01 contracts     serving
12:00:02 contracts     error call failed method=/RecordReceipt trace_id={TRACE}
12:00:02 leads         info something else
12:00:02 contracts     Traceback (most recent call last):
12:00:02 contracts     asyncpg.exceptions.SomeError: closed
12:00:03 gateway       error request failed trace_id={TRACE}
"""


def test_the_lines_of_a_trace_are_told_with_the_exceptions_below_them(tmp_path):
    log = tmp_path / "home.log"
    log.write_text(LOG)
    lines = LOG.splitlines()
    assert evidence.of(f'500 INTERNAL: {{"traceId":"{TRACE}"}}', log) == [lines[1], lines[3], lines[4], lines[5]]
    assert evidence.of("500 without a document", log) == []
