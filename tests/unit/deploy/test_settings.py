from pathlib import Path

import pytest

from deploy.local.home import Home, Unusable
from deploy.local.keys import PRIVATE_KEYS, PUBLIC_KEYS, secret, signing_keys
from deploy.local.roles import access
from deploy.local.settings import Settings
from services.kit.principal import TokenMint, TokenVerifier


def test_without_any_setting_there_are_good_ones():
    chosen = Settings.from_environment({"DEALTRAIL_HOME": "", "DEALTRAIL_GATEWAY_PORT": ""})
    assert chosen == Settings(Path(".dealtrail"), 8080, "", "")
    assert chosen.address == "http://127.0.0.1:8080"


@pytest.mark.parametrize("port", ["x", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_refused_by_name(port):
    with pytest.raises(SystemExit, match="DEALTRAIL_GATEWAY_PORT"):
        Settings.from_environment({"DEALTRAIL_GATEWAY_PORT": port})


@pytest.mark.parametrize(
    ("admin", "app"),
    [
        ("postgresql://postgres:pw@127.0.0.1:5432/postgres", "postgresql://dealtrail_app:{}@127.0.0.1:5432/d"),
        ("postgresql://10.0.0.1/postgres?sslmode=require", "postgresql://dealtrail_app:{}@10.0.0.1/d?sslmode=require"),
        ("postgresql:///postgres?host=/run/pg", "postgresql://dealtrail_app:{}@/d?host=/run/pg"),
        ("postgresql://a:p%40ss@h1:1,h2:2/x", "postgresql://dealtrail_app:{}@h1:1,h2:2/d"),
    ],
)
def test_each_role_enters_the_server_of_the_administrator(tmp_path, admin, app):
    assert access(admin, tmp_path, "d").app == app.format(secret(tmp_path, "dealtrail_app"))


def test_a_secret_is_made_once_and_read_by_its_owner_only(tmp_path):
    made = secret(tmp_path / "secrets", "one")
    assert len(made) == 48
    assert secret(tmp_path / "secrets", "one") == made != secret(tmp_path / "secrets", "other")
    assert (tmp_path / "secrets" / "one").stat().st_mode & 0o077 == 0


def test_services_get_the_public_half_of_the_keys_and_nothing_else(tmp_path):
    signing_keys(tmp_path)
    private, public = (tmp_path / PRIVATE_KEYS).read_text(), (tmp_path / PUBLIC_KEYS).read_text()
    assert '"d"' in private
    assert '"d"' not in public
    TokenMint(str(tmp_path / PRIVATE_KEYS))
    TokenVerifier(str(tmp_path / PUBLIC_KEYS))
    signing_keys(tmp_path)
    assert (tmp_path / PRIVATE_KEYS).read_text() == private


def test_a_home_is_held_once(tmp_path):
    home = Home(tmp_path / "home")
    with home.held("http://here"):
        again = Home(home.folder).held("http://there")
        with pytest.raises(Unusable, match="already running .* at http://here"):
            again.__enter__()
    with home.held("http://again"):
        assert home.folder.stat().st_mode & 0o077 == 0


def test_a_home_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unusable, match="cannot be made"), Home(tmp_path / "file" / "home").held(""):
        pass
