"""A fork server is begun: for the first time ahead of the supervisor, so that both load what they need at once.

Hence nothing is imported here that takes time.
"""

import os
import signal
import socket
import sys

OWN = ("DEALTRAIL_DATABASE_URL", "DEALTRAIL_NATS_URL", "DEALTRAIL_GATEWAY_PORT", "DEALTRAIL_DEMO_PASSWORD")
"""Told to the supervisor: each process gets its own, and no server needs any."""
TOLD = {"SPT_NOENV": "1", "PYTHONDONTWRITEBYTECODE": "", "PYTHONUNBUFFERED": "1"}
"""A title must not overwrite the environment that /proc shows; and the next start is to find our modules compiled."""


class Ahead:
    """A fork server that runs already."""

    def __init__(self, pid: int, control: socket.socket, stdout: int) -> None:
        self.pid = pid
        self.control = control
        self.stdout = stdout


def begin() -> Ahead:
    """Begin it, in a session of its own: Ctrl-C is for the supervisor."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stdout, for_stdout = os.pipe()
    theirs.set_inheritable(True)
    pid = os.posix_spawn(
        sys.executable,
        (sys.executable, "-m", "deploy.local.forkserver", str(theirs.fileno()), str(os.getpid())),
        {name: value for name, value in os.environ.items() if name not in OWN} | TOLD,
        file_actions=(
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, for_stdout, 1),
            (os.POSIX_SPAWN_DUP2, for_stdout, 2),
        ),
        setsid=True,
    )
    theirs.close()
    os.close(for_stdout)
    return Ahead(pid, ours, stdout)


def end(server: Ahead) -> None:
    """End it if nobody has taken care of it: nothing is left of a start that was refused."""
    try:
        if os.waitpid(server.pid, os.WNOHANG)[0]:
            return
    except ChildProcessError:
        return
    os.kill(server.pid, signal.SIGKILL)
    os.waitpid(server.pid, 0)
