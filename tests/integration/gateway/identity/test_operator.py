import asyncio
import io
import os
import sys

import pytest
from dealtrail.type.v1 import access_pb2

from gateway.identity.tenants.__main__ import main

PASSWORD = "correct horse battery"


async def operator(access, *arguments, password=PASSWORD):
    """Run the command as an operator does; exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.identity.tenants",
        *arguments,
        env=os.environ | {"DEALTRAIL_DATABASE_URL": access.app},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(password.encode() + b"\n")
    return process.returncode, said.decode()


async def test_an_operator_makes_a_tenant_whose_boss_signs_in(house):
    create = ("create", house.named("acme"), "--display-name", "艾克米", "--boss", "chef", "--boss-password-stdin")
    assert (await operator(house.access, *create))[0] == 0
    me = await (await house.sign_in("chef", tenant="acme")).me()
    assert (me.tenant, me.tenant_display_name, me.role) == (house.named("acme"), "艾克米", access_pb2.BOSS)


async def test_a_tenant_that_is_there_stays_as_it_is(house, boss):
    create = ("create", house.named("demo"), "--boss-password-stdin")
    code, said = await operator(house.access, *create, password="another password")
    assert (code, "stays as it is" in said) == (0, True)
    await house.sign_in("boss")


@pytest.mark.parametrize(
    ("name", "password"), [("Demo", PASSWORD), ("d", PASSWORD), ("de_mo", PASSWORD), ("demo", "short")]
)
def test_a_bad_name_or_a_short_password_makes_nothing(name, password, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tenants", "create", name, "--boss-password-stdin"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
