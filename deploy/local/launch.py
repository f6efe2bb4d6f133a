"""Become another program that ends with its parent; run by file name, so it imports nothing but the standard library.

    python -I -S launch.py PARENT SIGNAL USER RECORD PROGRAM [ARGUMENT...]

PostgreSQL refuses to run as root, and as a user whom the system does not know. USER is therefore one of
  self       the user who calls;
  namespace  nobody inside a user namespace of its own, the caller outside: files stay the caller's, wherever they lie;
  nobody     the user nobody, who may still pass through folders closed to others: for containers without namespaces.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    """Leave the record `pid start-time`, arrange the end, change the user, become the program."""
    parent, ending, user, record, *command = sys.argv[1:]
    leave_record(Path(record), os.getpid())
    {"self": lambda: None, "namespace": enter_namespace, "nobody": become_nobody}[user]()
    # A change of user clears the arrangement: so it comes last.
    end_with(int(parent), ending)
    os.execv(command[0], command)  # noqa: S606 - this is what the program is for


def end_with(parent: int, ending: str) -> None:
    """Let the kernel send this process the signal `ending` when its parent ends. Ends it if that has happened."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.Signals[ending])
    if os.getppid() != parent:
        sys.exit("the parent is gone already")


def leave_record(record: Path, pid: int) -> None:
    """Say which process holds this place, so that whoever starts next can end it if it was left behind."""
    record.write_text(f"{pid} {started(pid)}\n")


def started(pid: int) -> str:
    """When the process began, in the kernel's ticks; empty if there is none. A number is reused, this is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def enter_namespace() -> None:
    """Be nobody inside and oneself outside. Refused with OSError where the kernel or a container forbids it."""
    nobody, user, group = pwd.getpwnam("nobody"), os.geteuid(), os.getegid()
    if _libc().unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} {group} 1")


def become_nobody() -> None:
    """Give up root but for one right: to pass through and read what is closed to others."""
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    _prctl(PR_SET_KEEPCAPS, 1)
    # Else access(2), by which PostgreSQL looks at its own binary, would ignore the right that is kept.
    with contextlib.suppress(OSError):
        _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
    os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
    kept = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0)
    # Where root itself lacks the right, the folders must be open to others; PostgreSQL says so if they are not.
    if _libc().capset(header, sets) == 0:
        _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *values: int) -> None:
    arguments = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    if _libc().prctl(option, *arguments):
        raise OSError(ctypes.get_errno(), f"prctl({option}) refused")


if __name__ == "__main__":
    main()
