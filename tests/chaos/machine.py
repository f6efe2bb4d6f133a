"""The servers that a Dealtrail under test stands on: killed, frozen, filled up, and cut from power."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from deploy.local.servers import Nats, Postgres, free_ports
from tests.stack import _family

PATIENCE_S = 60
FOR_ROOT = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where mkfs is, which not everybody's PATH names who may use it."""
DISK_MB = 2500
"""For all cells after each other: the events of the faster of them filled 900 before the last."""


class Disk:
    """A file system in a file, so that what was not written to it can be lost. Needs root and loop devices."""

    def __init__(self, folder: Path) -> None:
        self.mount = folder / "disk"
        self._image = folder / "disk.0.img"
        self._cuts = 0

    def attach(self) -> bool:
        """Make it and mount it; False where this machine does not allow it."""
        mkfs = shutil.which("mkfs.ext4", path=os.pathsep.join((os.environ.get("PATH", os.defpath), *FOR_ROOT)))
        if os.geteuid() or mkfs is None:
            return False
        self.mount.mkdir(parents=True, exist_ok=True)
        with self._image.open("wb") as image:
            image.truncate(DISK_MB << 20)
        made = subprocess.run([mkfs, "-q", "-F", self._image], capture_output=True, check=False)
        return made.returncode == 0 and self._mounted()

    def photograph(self) -> Path:
        """A copy of what has reached the disk by now; what is only in the page cache is not in it."""
        self._cuts += 1
        copy = self._image.with_name(f"disk.{self._cuts}.img")
        subprocess.run(["cp", "--sparse=always", self._image, copy], check=True)
        return copy

    def become(self, copy: Path) -> None:
        """Be the copy from now on. Nobody may use the disk."""
        self.detach()
        self._image.unlink()
        self._image = copy
        assert self._mounted(), "the copy of the disk cannot be mounted"

    def detach(self) -> None:
        end = time.monotonic() + 10
        while subprocess.run(["umount", self.mount], capture_output=True, check=False).returncode:
            if time.monotonic() > end:
                subprocess.run(["umount", "-l", self.mount], capture_output=True, check=False)
                return
            time.sleep(0.2)

    def remove(self) -> None:
        """Leave nothing of it."""
        self.detach()
        self._image.unlink()

    def fill(self) -> Path:
        """Leave no room on it; the file that takes it."""
        ballast = self.mount / "ballast"
        with ballast.open("wb") as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        return ballast

    def _mounted(self) -> bool:
        done = subprocess.run(["mount", "-o", "loop", self._image, self.mount], capture_output=True, check=False)
        return done.returncode == 0


class Host:
    """One server as a process of ours. Started from the main thread only: it ends with the thread that began it.

    Whoever waits for it does so outside the loop: people who sell run in it too, and the gateway waits for them.
    """

    def __init__(self, server: Postgres | Nats, log: Path) -> None:
        self.server = server
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self.server.home.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.server.prepare()
        program = self.server.program()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                program.launched(self.server.home / f"{program.name}.process"),
                env=os.environ | dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + PATIENCE_S
        while not await asyncio.to_thread(self.server.ready):
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{program.name} did not start; see {self._log}")
            await asyncio.sleep(0.05)

    @property
    def pids(self) -> list[int]:
        """The process and its children."""
        return _family(self._process.pid) if self.running else []

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def tell(self, number: signal.Signals) -> None:
        """To all its processes."""
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """All at once, without a word."""
        self.tell(signal.SIGKILL)
        self._reap()

    async def end(self, number: signal.Signals) -> None:
        """Ask the first process to end, and wait for it."""
        assert self._process is not None
        self._process.send_signal(number)
        await asyncio.to_thread(self._reap)

    def _reap(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.tell(signal.SIGKILL)
            self._process.wait()


class Machine:
    """PostgreSQL and NATS, on a disk of their own where that is allowed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for_postgres, for_nats = free_ports(2)
        disk = Disk(folder)
        self.disk = disk if disk.attach() else None
        home = (disk.mount if self.disk else folder) / "servers"
        home.mkdir(mode=0o755, exist_ok=True)
        self.postgres = Host(Postgres(home, for_postgres), folder / "postgres.log")
        self.nats = Host(Nats(home, for_nats), folder / "nats.log")
        self._home = home

    async def start(self) -> None:
        await self.postgres.start()
        await self.nats.start()

    async def stop(self) -> None:
        for host, number in ((self.nats, signal.SIGTERM), (self.postgres, signal.SIGINT)):
            if host.running:
                host.tell(signal.SIGCONT)
                await host.end(number)
        if self.disk:
            self.disk.remove()

    async def power_cut(self) -> None:
        """Both lose what had not reached the disk, and are started on what had."""
        assert self.disk
        for host in (self.postgres, self.nats):
            host.tell(signal.SIGSTOP)
        copy = await asyncio.to_thread(self.disk.photograph)
        for host in (self.postgres, self.nats):
            host.kill()
        self.disk.become(copy)
        await self.start()

    async def wipe_streams(self) -> None:
        """NATS comes back with nothing in its store."""
        self.nats.kill()
        shutil.rmtree(self._home / "nats" / "jetstream")
        await self.nats.start()
