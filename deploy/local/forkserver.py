"""A process that has loaded what our processes share, and forks each of them: soon there, and most pages shared.

    python -m deploy.local.forkserver SOCKET PARENT

SOCKET is the number of an open SOCK_SEQPACKET socket; PARENT is as for launch.py. A request is the name of a module,
together with two open files for the standard input and output of a new process; once its turn comes it is answered by
{"pid"}. The new process loads the module, reads {"arguments", "environment", "ending", "record"} from its standard
input to the end, has no other environment then, and is what `python -m` would make of the module. Its end is told as
{"pid", "code"}. When the other side closes the socket, this process ends, and the kernel asks all that it forked to
end.

Nothing here begins a thread, an event loop or a gRPC object: those do not survive a fork.
"""

import contextlib
import gc
import importlib.util
import json
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from setproctitle import setproctitle

from deploy.local import bundle, launch, written

SHARED = (
    "asyncpg",
    "encodings.idna",
    "sqlalchemy",
    "services.kit.owners",
    "services.kit.runtime",
    "services.kit.exporting",
    "services.kit.aliases",
    "services.kit.answers",
    "services.kit.batch",
    "services.kit.pages",
    "services.kit.retold",
    "services.kit.store",
    "dealtrail.contracts.v1.events_pb2",
    "dealtrail.leads.v1.events_pb2",
    "dealtrail.opportunities.v1.events_pb2",
)
"""Modules that nearly all of our processes need; what only one needs, it loads itself."""
SOON = b"deploy.local.prepare"
"""It needs only the first of them, and all others wait for it: it runs while the rest is loaded."""
LONGEST_NAME = 1 << 10
CORES = os.cpu_count() or 1
"""So many processes load at once, in the order in which they were asked for: whoever takes longest comes first, and
would be there last if it had to share its core with all others."""
LOADING = 3
"""In a new process, a file that is open until it has loaded its module."""


class Asked(NamedTuple):
    """A request: the module, and the open files that are its standard input and output."""

    module: str
    stdin: int
    stdout: int


def main() -> None:
    """Fork on request until the other side closes."""
    number, parent = sys.argv[1:]
    launch.end_with(int(parent), "SIGTERM")
    control = socket.socket(fileno=int(number))
    ended, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.set_wakeup_fd(bell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.disable()  # what is loaded stays: to look for garbage in it takes a third of the time
    with written.kept("shared"), bundle.kept("shared"):
        for module in SHARED:
            importlib.import_module(module)
            if _comes(control) == SOON and (asked := _asked(control)):
                os.close(_fork(control, asked))
    gc.freeze()  # a collection in a fork would write to every page, and none would be shared any longer
    waiting: deque[Asked] = deque()
    loading: set[int] = set()
    while True:
        while waiting and len(loading) < CORES:
            loading.add(_fork(control, waiting.popleft()))
        ready, _, _ = select.select([control.fileno(), ended, *loading], [], [])
        if ended in ready:
            os.read(ended, 1 << 12)
            _tell_ended(control)
        for loaded in loading.intersection(ready):
            loading.remove(loaded)
            os.close(loaded)
        if control.fileno() in ready:
            if (asked := _asked(control)) is None:
                return
            waiting.append(asked)


def _comes(control: socket.socket) -> bytes:
    """The module of the next request, which stays; nothing if there is none yet."""
    try:
        return control.recv(LONGEST_NAME, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return b""


def _tell_ended(control: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            _tell(control, pid=found[0], code=os.waitstatus_to_exitcode(found[1]))


def _asked(control: socket.socket) -> Asked | None:
    """The next request. None if there will be none any more."""
    module, files, _, _ = socket.recv_fds(control, LONGEST_NAME, 2)
    return Asked(module.decode(), *files) if module else None


def _fork(control: socket.socket, asked: Asked) -> int:
    """Begin what was asked for; a file that ends when it has loaded its module."""
    loaded, loading = os.pipe()
    parent = os.getpid()
    if not (pid := os.fork()):
        _become(asked, loading, parent)
    for file in (asked.stdin, asked.stdout, loading):
        os.close(file)
    _tell(control, pid=pid)
    return loaded


def _tell(control: socket.socket, **words: int) -> None:
    with contextlib.suppress(OSError):
        control.send(json.dumps(words).encode())


def _become(asked: Asked, loading: int, parent: int) -> NoReturn:
    """Be the module as `python -m` would run it, and end as it ends."""
    code: Any = 0
    module = asked.module
    try:
        _part(asked, loading)
        launch.end_with(parent, "SIGTERM")
        setproctitle(module)
        _load(module)
        os.close(LOADING)
        if told := sys.stdin.buffer.read():
            _obey(json.loads(told), parent)
            gc.freeze()  # nor does it pay to look for garbage in what the module has loaded
            gc.enable()
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _part(asked: Asked, loading: int) -> None:
    """Keep nothing of the fork server's but what it has loaded."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for file, stays in ((asked.stdin, 0), (asked.stdout, 1), (asked.stdout, 2), (loading, LOADING)):
        os.dup2(file, stays)
    os.closerange(LOADING + 1, os.sysconf("SC_OPEN_MAX"))


def _load(module: str) -> None:
    """Import what the module imports; the module itself is run later."""
    spec = importlib.util.find_spec(module)
    body = f"{module}.__main__" if spec and spec.submodule_search_locations else module
    with written.kept(body), bundle.kept(body):
        importlib.import_module(body)
    del sys.modules[body]


def _obey(told: dict[str, Any], parent: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    launch.leave_record(Path(told["record"]), os.getpid())
    launch.end_with(parent, told["ending"])
    os.environ.clear()
    os.environ.update(told["environment"])
    sys.argv[1:] = told["arguments"]


if __name__ == "__main__":
    main()
