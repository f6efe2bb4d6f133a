"""The secrets of an installation stand in their files and in environments, and are told nowhere."""

import json
from pathlib import Path

import pytest

from tests.people import until


@pytest.fixture(scope="module")
async def secrets(stack, town):
    """Every secret of the running stack, and tokens that were given out, after requests that went well and badly."""
    boss = await town.boss("geheim")
    await boss.get("/v1/me")
    await boss.ask("GET", f"/v1/me?token={boss.token}")
    wrong = {"tenant": boss.tenant, "username": "boss", "password": "wrong horse 7 battery"}
    assert (await town.person().ask("POST", "/v1/sessions", wrong)).status_code == 401
    await town.person().ask("GET", "/v1/me", authorization=f"Bearer {boss.token}x")
    found = {"a password": wrong["password"], "an access token": boss.token}
    for path in sorted((stack.home / "secrets").iterdir()):
        text = path.read_text().strip()
        if text.startswith("{"):
            for key in json.loads(text)["keys"]:
                found |= {f"{path.name} {part}": key[part] for part in ("d", "k") if part in key}
        elif len(text) > 20 and "=" not in text:
            found[path.name] = text
    return found


def told(secrets, text):
    return [name for name, secret in secrets.items() if secret in text]


async def test_every_kind_of_secret_is_looked_for(secrets):
    assert {"dealtrail_app", "dealtrail_relay", "dealtrail_owner", "page_tokens", "nats", "postgres"} <= secrets.keys()
    assert any(name.startswith("internal.private") for name in secrets)


async def test_no_log_tells_a_secret(stack, secrets):
    async def written():
        return stack.log.stat().st_size

    assert await until(written)
    assert told(secrets, stack.log.read_text(errors="replace")) == []


async def test_no_command_line_tells_a_secret(stack, secrets):
    lines = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        lines += str(stack.home) in line or "dealtrail" in line or "services." in line
        assert told(secrets, line) == []
    assert lines


async def test_no_metric_tells_a_secret(stack, secrets):
    assert told(secrets, stack.metrics("gateway") + stack.metrics("leads")) == []


async def test_the_files_of_secrets_are_their_owners_alone(stack, secrets):
    assert secrets
    open_to_others = [path.name for path in (stack.home / "secrets").iterdir() if path.stat().st_mode & 0o077]
    assert open_to_others == []
    assert (stack.home / "secrets").stat().st_mode & 0o077 == 0
