"""The demo's password is that of the first start, and whoever gives another is told so."""

from deploy.local import tenant
from deploy.local.keys import write_private


def test_another_password_than_the_first_is_not_used_silently(tmp_path, capsys):
    write_private(tmp_path / tenant.MADE, tenant.TENANT)
    write_private(tmp_path / tenant.DEMO_PASSWORD, "the first one")
    tenant.ensure(tmp_path, "postgresql://nowhere", "another one")
    said = capsys.readouterr().out
    assert "DEALTRAIL_DEMO_PASSWORD is not used" in said
    assert "another one" not in said
    tenant.ensure(tmp_path, "postgresql://nowhere", "the first one")
    tenant.ensure(tmp_path, "postgresql://nowhere", "")
    assert capsys.readouterr().out == ""
