"""HTTP at the gateway as no client speaks it: heads, targets, bodies and what comes after them."""

import json
import re
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

from tests.fuzz.findings import Outcome, leaks
from tests.fuzz.sockets import noise, said_to
from tests.fuzz.target import Target

LEADS = b"/v1/leads"
INSTANCE = re.compile(r'"instance":"[^"]*"')
"""The path that was asked for, which an answer repeats."""
MEGA = 1 << 20
MANY = 100_000
JSON = b"Content-Type: application/json\r\n"
BODIES = (
    b"",
    b"{",
    b"nul",
    b"\xff\xfe",
    b'{"company":"\xed\xa0\x80"}',
    b'{"company":"\\ud800"}',
    b'{"company":"\\udc00\\ud800"}',
    b'{"company":"\\u0000"}',
    b'{"company":"a","attributes":{"\\u0000":"b"}}',
    b'{"company":NaN}',
    b'{"company":Infinity}',
    b'{"company":1e400}',
    b'{"company":"a","createTime":1e400}',
    b'{"company":"a","createTime":"0000-00-00T00:00:00Z"}',
    b'{"company":"a","createTime":"9999-12-31T23:59:60Z"}',
    b'{"company":"a","createTime":"2026-01-01T00:00:00+99:99"}',
    b'{"company":"a","employees":' + b"9" * 5000 + b"}",
    b'{"company":"a","company":"b"}',
    b'{"__proto__":{},"constructor":{}}',
    b'{"@type":"type.googleapis.com/google.protobuf.Any"}',
    b"[" * 31 + b"]" * 31,
    b"[" * MANY,
    b'{"a":' * MANY,
    b'{"attributes":{' + b",".join(b'"%d":1' % n for n in range(MANY)) + b"}}",
    b'{"attributes":[' + b",".join([b"1"] * MANY) + b"]}",
    b'{"leads":[' + b",".join([b"{}"] * MANY) + b"]}",
    b'"' + b"\\u4e2d" * MANY + b'"',
    b" " * (MEGA + 1),
    b'{"company":"' + b"x" * 10 * MEGA + b'"}',
    b"\x1f\x8b\x08" + bytes(100),
)
DAYS = (b"0000-00-00", b"0001-01-01", b"1900-01-01", b"2026-02-30", b"9998-12-31", b"9999-12-31")
AMOUNTS = ("NaN", "1e9", "-0", "1,000.00", "١٢", "0x10", "9" * 40, "0." + "0" * 400 + "1", "1_000", " 1", "+1", "")
TARGETS = (
    b"/v1/leads/%",
    b"/v1/leads/%zz",
    b"/v1/leads/%00",
    b"/v1/leads/%ff%fe",
    b"/v1/leads/%ed%a0%80",
    b"/v1/leads/..%2f..%2fetc%2fpasswd",
    b"/v1/../../etc/passwd",
    b"//v1//leads",
    b"/v1/leads/" + b"a" * 30_000,
    b"/v1/leads?" + b"&".join([b"q=a"] * 3000),
    b"/v1/leads?q=%",
    b"/v1/leads?q=%ff",
    b"/v1/leads?q=%00",
    b"/v1/leads?%00=1",
    b"/v1/leads?pageSize=99999999999999999999",
    b"/v1/leads?pageSize=-1",
    b"/v1/leads?pageSize=1e3",
    b"/v1/leads?pageSize=NaN",
    b"/v1/leads?pageSize=%E2%82%82",
    b"/v1/leads?orderBy=create_time;drop table leads",
    b"/v1/leads?orderBy=" + quote("company'--").encode(),
    b"/v1/leads?status=0",
    b"/v1/leads?pageToken=AAAA",
    b"/v1/leads?format=xml",
    b"/v1/leads?format=csv&format=csv",
    b"/v1/leads?q=" + b"%25_" * 60,
    b"/v1/leads:nothing",
    b"/v1/leads/x:y:z",
    b"/v1/receivables/dso?days=2147483647",
    b"/v1/analytics/funnel?from=0001-01-01&to=9999-12-31",
    *(b"/v1/receivables/%b?asOf=%b" % (name, day) for name in (b"aging", b"dso") for day in DAYS),
    *(b"/v1/receivables/collection?startDate=%b&endDate=%b" % (day, day) for day in DAYS),
    *(b"/v1/analytics/receivables?asOf=%b" % day for day in DAYS),
    *(b"/v1/analytics/growth?from=%b&to=%b" % (first, end) for first in DAYS for end in DAYS),
    b"/v1/analytics/funnel?stallFactor=NaN",
    b"/v1/analytics/funnel?stallFactor=-1e308",
    b"/v1/live?types=%00",
    b"/v1/operations/x/errors",
    b"/docs/..%2f..%2fMakefile",
    b"/docs/%2e%2e/Makefile",
    b"*",
    b"http://[::1",
    b"\xe4\xb8\xad",
)
HEADERS = (
    b"If-Match: *",
    b'If-Match: W/"1"',
    b'If-Match: "' + b"9" * 18 + b'"',
    b'If-Match: "' + b"9" * 19 + b'"',
    b'If-Match: "1", "2"',
    b"If-Match: \xff",
    b"Idempotency-Key: " + b"k" * 256,
    b"Idempotency-Key: \xff\xfe",
    b"Idempotency-Key: ",
    b"Accept-Language: " + b"zh;q=" * 500,
    b"Accept-Language: zh;q=nan",
    b"Accept-Language: zh;q=1e400",
    b"Accept-Language: \xff",
    b"Accept: text/csv;q=0",
    b"traceparent: 00-" + b"0" * 32,
    b"traceparent: \xff",
    b"X-Request-Id: " + b"\xff" * 10,
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: " + b"9" * 30,
    b"Content-Length: 1, 2",
    b"Content-Length: 0x10",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 3",
    b"Content-Encoding: gzip",
    b"Expect: 100-continue",
    b"Expect: nonsense",
    b"Upgrade: h2c\r\nConnection: Upgrade",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13",
    b"Content-Type: application/json; charset=utf-16",
    b"Content-Type: multipart/form-data",
    b"Content-Type: multipart/form-data; boundary=" + b"x" * 300,
    b"Range: bytes=0-0,1-1" + b",2-2" * 100,
    b"Host: \xff",
    b"Last-Event-ID: ../../x",
    b"Cookie: " + b"a=b; " * 3000,
    b"X-Large: " + b"x" * 40_000,
    b" folded: line",
    b"no colon",
    b": no name",
    b"bad name : x",
    b"NUL: a\0b",
)
CHUNKS = (
    b"zz\r\nab\r\n0\r\n\r\n",
    b"-1\r\nab\r\n0\r\n\r\n",
    b"ffffffffffffffffff\r\nab\r\n0\r\n\r\n",
    b"2\r\nabcdef\r\n0\r\n\r\n",
    b"2;" + b"x" * 20_000 + b"\r\n{}\r\n0\r\n\r\n",
    b"2\r\n{}\r\n0\r\n" + b"Trailer: x\r\n" * 5000 + b"\r\n",
    b"1\r\n \r\n" * MANY + b"0\r\n\r\n",
    b"2\r\n{}\r\n0\r\n\r\nGET /v1/me HTTP/1.1\r\n\r\n",
)
LINES = (
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"get /v1/me HTTP/1.1\r\n\r\n",
    b"X" * 5000 + b" / HTTP/1.1\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n\r\n",
    b"TRACE /v1/me HTTP/1.1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\n\r\n",
    b"PROPFIND /v1/leads HTTP/1.1\r\n\r\n",
    b"GET  /  HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\n\n",
    b"\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    b"GET /v1/me HTTP/1.1\r\n\r\nnonsense that follows",
    b"GET /v1/me HTTP/1.1\r\n\r\n" * 500,
)


async def run(target: Target, random: Random, rounds: int) -> Outcome:
    """Everything once, and then `rounds` rounds of it with bytes changed by chance."""
    outcome = Outcome("HTTP at the gateway")
    token = target.company.boss.token
    for kind, content in (*noise(random), *_all(token, random)):
        await _try(target, outcome, kind, content)
    outcome.findings += [f"harm: {text}" for text in target.harmed()]
    for _ in range(rounds):
        for kind, content in _all(token, random):
            await _try(target, outcome, f"changed {kind}", _changed(content, random))
        outcome.findings += [f"harm: {text}" for text in target.harmed()]
    return outcome


async def _try(target: Target, outcome: Outcome, kind: str, content: bytes) -> None:
    answer = await said_to(target.stack.url.removeprefix("http://"), content, 1.0 if len(content) > MEGA else 0.15)
    statuses = _statuses(answer)
    text = answer.decode("latin-1")
    wrong = ""
    if any(status >= 500 for status in statuses):
        wrong = f"{statuses}: {content[:200]!r} -> {text[-400:]}"
    elif any(status >= 400 for status in statuses) and (leak := leaks(INSTANCE.sub("", text))):
        wrong = f"tells {leak!r}: {content[:200]!r} -> {text[-400:]}"
    elif len(answer) > MEGA and statuses[:1] != [200]:
        wrong = f"{len(answer)} bytes answer {len(content)}"
    outcome.tried(kind, " ".join(map(str, sorted(set(statuses)))) or "closed", wrong)


def _all(token: str, random: Random) -> Iterator[tuple[str, bytes]]:
    """Requests that are wrong in one place each."""
    signed = f"Authorization: Bearer {token}\r\n".encode()
    for line in LINES:
        yield "request line", line
    for path in TARGETS:
        yield "target", _head(b"GET", path, signed) + b"\r\n"
    for header in HEADERS:
        yield "header", _head(b"GET", LEADS, signed + header + b"\r\n") + b"\r\n"
        yield "header", _head(b"POST", LEADS, signed + JSON + header + b"\r\n") + b"\r\n"
    for body in BODIES:
        yield "body", _posted(LEADS, signed, body)
        yield "body", _posted(LEADS + b":batchCreate", signed, body)
    for amount in AMOUNTS:
        told = {"name": "x", "amount": {"amount": amount, "currency": "CNY"}}
        yield "amount", _posted(b"/v1/deals", signed, json.dumps(told).encode())
    for chunk in CHUNKS:
        yield "chunks", _head(b"POST", LEADS, signed + JSON + b"Transfer-Encoding: chunked\r\n") + b"\r\n" + chunk
    for claims in (b"", b"e30.e30.", b"a.b.c", b"\xff", b"." * 9000, random.randbytes(40).hex().encode()):
        yield "token", _head(b"GET", LEADS, b"Authorization: Bearer " + claims + b"\r\n") + b"\r\n"


def _head(method: bytes, path: bytes, headers: bytes) -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers


def _posted(path: bytes, signed: bytes, body: bytes) -> bytes:
    return _head(b"POST", path, signed + JSON + b"Content-Length: %d\r\n" % len(body)) + b"\r\n" + body


def _changed(content: bytes, random: Random) -> bytes:
    """The bytes with a few of them changed, dropped or doubled."""
    if len(content) > MEGA:
        return content[: random.randrange(1, len(content))]
    changed = bytearray(content)
    for _ in range(random.randrange(1, 6)):
        at = random.randrange(len(changed))
        match random.randrange(3):
            case 0:
                changed[at] = random.randrange(256)
            case 1:
                del changed[at : at + random.randrange(1, 20)]
            case 2:
                changed[at:at] = changed[at : at + random.randrange(1, 20)]
        if not changed:
            return b"\0"
    return bytes(changed)


def _statuses(answer: bytes) -> list[int]:
    lines = answer.split(b"HTTP/1.1 ")[1:]
    return [int(line[:3]) for line in lines if line[:3].isdigit()]
