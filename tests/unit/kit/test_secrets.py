"""Secrets come from variables or from files that nobody else can read, and are not shown."""

import pytest

from services.kit.secrets import read_secret, variable
from services.kit.settings import Settings

URL = "postgresql://dealtrail_app:s3cr3t@127.0.0.1/dealtrail_leads"
OTHERS = {
    "DEALTRAIL_RELAY_DATABASE_URL": "postgresql://dealtrail_relay:s3cr3t@127.0.0.1/dealtrail_leads",
    "DEALTRAIL_NATS_URL": "nats://dealtrail:s3cr3t@127.0.0.1:4222",
    "DEALTRAIL_INTERNAL_KEYS": "/keys",
    "DEALTRAIL_TOKEN_SECRET": "/secret",
    "DEALTRAIL_MASTER_KEYS": "/master",
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "url"
    path.touch(mode=0o600)
    path.write_text(f"{URL}\n")
    return path


def test_a_secret_may_stand_in_a_file(file):
    found = Settings.from_environment(OTHERS | {"DEALTRAIL_DATABASE_URL_FILE": str(file)})
    assert found.database_url == URL


def test_what_is_given_twice_is_refused(file):
    with pytest.raises(SystemExit, match="not both"):
        variable("URL", {"URL": URL, "URL_FILE": str(file)})


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o666])
def test_a_secret_that_others_can_read_or_write_ends_the_process_without_being_told(file, mode):
    file.chmod(mode)
    with pytest.raises(SystemExit, match="chmod 600") as refused:
        read_secret(str(file))
    assert "s3cr3t" not in str(refused.value)


def test_a_group_may_read_a_secret_as_mounted_volumes_need_it(file):
    file.chmod(0o440)
    assert read_secret(str(file)).decode() == URL


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SystemExit, match="missing cannot be read"):
        read_secret(str(tmp_path / "missing"))


def test_settings_do_not_show_their_secrets():
    shown = repr(Settings.from_environment(OTHERS | {"DEALTRAIL_DATABASE_URL": URL}))
    assert "s3cr3t" not in shown
    assert "internal_keys" in shown


def test_a_malformed_setting_is_named_without_the_others():
    with pytest.raises(SystemExit, match="DEALTRAIL_POOL_SIZE") as refused:
        Settings.from_environment(OTHERS | {"DEALTRAIL_DATABASE_URL": URL, "DEALTRAIL_POOL_SIZE": "many"})
    assert "s3cr3t" not in str(refused.value)
