"""`dealtrail` against a real Dealtrail, as somebody types it."""

import asyncio
import json
import os
import stat
import subprocess
import sys

import pytest

from tests.people import until
from tests.stack import PASSWORD

LEADS = "公司,电话\n甲公司,13800138000\n乙公司,!\n丙公司,\n"
MAPPING = {"columns": {"公司": "company", "电话": "phone"}}


class Terminal:
    """Where somebody types: a folder, and a home for the session."""

    def __init__(self, folder, stack):
        self.folder = folder
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
        own = {"XDG_CONFIG_HOME": str(folder / "config"), "DEALTRAIL_PASSWORD": PASSWORD, "COLUMNS": "120"}
        self._environment = plain | own | {"DEALTRAIL_HOME": str(stack.home)}

    def start(self, *words, language="en_US.UTF-8"):
        return subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", *words],
            cwd=self.folder,
            env=self._environment | {"LANG": language},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    async def __call__(self, *words, language="en_US.UTF-8", code=0):
        """What the command says."""
        process = self.start(*words, language=language)
        said, _ = await asyncio.to_thread(process.communicate, timeout=180)
        assert process.returncode == code, said
        return said


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("command")


@pytest.fixture(scope="module")
async def terminal(tmp_path_factory, stack, company):
    """Signed in as the boss of a company."""
    found = Terminal(tmp_path_factory.mktemp("terminal"), stack)
    assert "sign in first" in await found("whoami", code=1)
    said = await found("login", "--server", stack.url, "--tenant", company.tenant, "--username", "boss")
    assert company.tenant in said
    return found


async def test_the_session_is_read_by_nobody_else(terminal):
    file = terminal.folder / "config" / "dealtrail" / "session.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in file.read_text()
    assert "BOSS" in await terminal("whoami")


async def test_a_wrong_password_is_told_in_the_users_language(terminal, stack, company, tmp_path):
    other = Terminal(tmp_path, stack)
    other._environment["DEALTRAIL_PASSWORD"] = "a wrong password"
    words = ("login", "--server", stack.url, "--tenant", company.tenant, "--username", "manager")
    assert "SIGN_IN_FAILED" in await other(*words, code=1)
    said = await other(*words, language="zh_CN.UTF-8", code=1)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said)


async def test_a_file_is_checked_then_imported_then_exported(terminal):
    (terminal.folder / "leads.csv").write_text(LEADS)
    (terminal.folder / "m.json").write_text(json.dumps(MAPPING))
    words = ("import", "leads.csv", "--kind", "leads", "--mapping", "m.json")
    assert "checked: 2" in await terminal(*words, "--dry-run", code=1)
    said = await terminal(*words, code=1)
    assert "recorded: 2" in said
    assert "refused: 1" in said
    report = (terminal.folder / "leads.errors.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(report) == 2
    assert '"乙公司"' in report[1]
    said = await terminal(*words, language="zh_CN.UTF-8", code=1)
    assert "已存在 2 行" in said
    await terminal("export", "leads", "-o", "out.csv")
    out = (terminal.folder / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(out) == 3
    assert '"甲公司"' in "".join(out)


async def test_a_mapping_that_cannot_work_says_what_is_wrong(terminal):
    (terminal.folder / "wrong.json").write_text(json.dumps({"columns": {"公司": "compny"}}))
    said = await terminal("import", "leads.csv", "--kind", "leads", "--mapping", "wrong.json", code=1)
    assert "did you mean company?" in said


async def test_figures_are_tables(terminal):
    assert "Funnel from" in await terminal("funnel", "--from", "2026-01-01")
    assert "销售漏斗" in await terminal("funnel", language="zh_CN.UTF-8")
    assert "Growth formula" in await terminal("growth")
    assert "nothing" in await terminal("receivables")


async def test_changes_are_shown_as_they_happen(terminal, company):
    process = terminal.start("live", "--types", "LeadCaptured", "--count", "1")
    try:
        assert "listening" in await asyncio.to_thread(process.stdout.readline)
        for _ in range(600):
            await company.rep.post("/v1/leads", {"company": "新公司"})
            if process.poll() is not None:
                break
            await asyncio.sleep(0.1)
        said, _ = await asyncio.to_thread(process.communicate, timeout=20)
        assert "LeadCaptured" in said
    finally:
        process.kill()


async def decided(company, how, reason=None):
    """The rep's export is asked for and then decided by the manager."""

    async def requested():
        return (await company.manager.get("/v1/exportRequests", state="REQUESTED"))["exportRequests"]

    [asked] = await until(requested)
    await company.manager.post(f"/v1/exportRequests/{asked['id']}:{how}", reason and {"reason": reason})


async def test_many_rows_are_asked_for_waited_for_and_fetched_once_approved(terminal, stack, company, tmp_path):
    quota = await company.boss.ask("GET", "/v1/exportQuota")
    await company.boss.ask("PATCH", "/v1/exportQuota", {"approvalRows": "1"}, if_match=quota.headers["etag"])
    await company.rep.post(
        "/v1/leads:batchCreate", {"leads": [{"company": f"{n}", "channel": "展会"} for n in range(3)]}
    )
    rep = Terminal(tmp_path, stack)
    await rep("login", "--server", stack.url, "--tenant", company.tenant, "--username", "rep")
    words = ("export", "leads", "-o", "out.csv", "--filter", "channel=展会")
    assert "--purpose" in await rep(*words, code=1)
    said, _ = await asyncio.gather(rep(*words, "--purpose", "盘点"), decided(company, "approve"))
    assert "3 rows in out.csv" in said
    assert len((tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()) == 4
    refused = rep(*words, "--purpose", "带走", code=1)
    said, _ = await asyncio.gather(refused, decided(company, "refuse", "不需要"))
    assert "not approved: 不需要" in said


async def test_operators_find_databases_and_broker_of_the_home(terminal):
    assert "sent 0 events again" in await terminal("ops", "republish", "leads", "--since", "2999-01-01T00:00+08:00")
    assert await terminal("ops", "dead-letters", "list", "timeline") == ""
    assert "sent 0 events again" in await terminal("ops", "dead-letters", "replay", "timeline")
    nobody = "00000000-0000-0000-0000-000000000000"
    assert await terminal("ops", "rekey", "go-on", "leads", "--tenant", nobody) == ""


async def test_signing_out_ends_the_session(terminal):
    assert "signed out" in await terminal("logout")
    assert "sign in first" in await terminal("whoami", code=1)
