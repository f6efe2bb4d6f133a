"""What we install is pinned, hashed and free; known holes are found where an advisory source answers."""

import http.server
import json
import threading
from typing import ClassVar

import pytest

from deploy.local import dependencies

LOCK = """anyio==4.1.0 \\
    --hash=sha256:aa
uvicorn[standard]==0.30.1 ; sys_platform == 'linux' \\
    --hash=sha256:bb
"""


def test_every_package_is_pinned_hashed_and_free():
    lock = (dependencies.ROOT / "requirements.txt").read_text()
    assert len(dependencies.locked(lock)) > 50
    assert list(dependencies.unlocked((dependencies.ROOT / "requirements.in").read_text(), lock)) == []
    assert list(dependencies.unfree(dependencies.locked(lock))) == []


@pytest.mark.parametrize(
    ("wanted", "lock", "fault"),
    [
        ("anyio", LOCK.replace("    --hash=sha256:aa\n", ""), "anyio==4.1.0 \\: has no hash"),
        ("anyio", LOCK + "requests>=2\n    --hash=sha256:cc\n", "requests>=2: is not pinned"),
        ("anyio\nhttpx>=0.27", LOCK, "httpx>=0.27: is not in the lock; run `make relock`"),
    ],
)
def test_a_lock_that_leaves_something_open_is_found(wanted, lock, fault):
    assert list(dependencies.unlocked("anyio", LOCK)) == []
    assert list(dependencies.unlocked(wanted, lock)) == [fault]


@pytest.fixture
def source():
    """An advisory source that knows of holes in the packages named in `holes`."""

    class Answer(http.server.BaseHTTPRequestHandler):
        holes: ClassVar[dict[str, str]] = {}

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["queries"]
            found = [
                {"vulns": [{"id": self.holes[one["package"]["name"]]}]} if one["package"]["name"] in self.holes else {}
                for one in asked
            ]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"results": found}).encode())

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", Answer.holes
    server.shutdown()
    server.server_close()


def test_a_known_hole_fails_the_audit(source, monkeypatch, capsys):
    url, holes = source
    monkeypatch.setenv("DEALTRAIL_OSV_URL", url)
    assert dependencies.main() == 0
    assert "without known holes" in capsys.readouterr().out
    holes["grpcio"] = "PYSEC-0000-1"
    assert dependencies.main() == dependencies.FOUND
    assert "PYSEC-0000-1" in capsys.readouterr().out


def test_what_nobody_answers_for_is_not_taken_for_good(monkeypatch, capsys):
    monkeypatch.setenv("DEALTRAIL_OSV_URL", "http://127.0.0.1:9")
    assert dependencies.main() == dependencies.UNCHECKED
    said = capsys.readouterr().out
    assert "NOT CHECKED" in said
    assert "without known holes" not in said
