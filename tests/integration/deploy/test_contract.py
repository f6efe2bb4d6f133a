from pathlib import Path

import pytest

from deploy.local import contract
from deploy.local.protos import write_image


@pytest.fixture
def image_of(tmp_path):
    """The image of a contract with one file of ours."""

    def build(body: str) -> Path:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        source = folder / "dealtrail" / "leads" / "v1" / "leads.proto"
        source.parent.mkdir(parents=True)
        source.write_text(f'syntax = "proto3";\npackage dealtrail.leads.v1;\n{body}\n')
        write_image(folder, folder / "image.binpb")
        return folder / "image.binpb"

    return build


def test_a_planted_style_error_is_found(image_of, capfd):
    assert contract.lint(image_of("// A lead.\nmessage Lead {\n  // The name.\n  string name = 1;\n}"))
    assert not contract.lint(image_of("message bad_name {}"))
    assert "PascalCase" in capfd.readouterr().out


def test_a_removed_field_is_a_breaking_change(image_of, capfd):
    before = image_of("// A lead.\nmessage Lead {\n  // The name.\n  string name = 1;\n}")
    after = image_of("// A lead.\nmessage Lead {}")
    assert contract.compatible(before, before)
    assert not contract.compatible(after, before)
    assert "deleted" in capfd.readouterr().out


def test_a_checkout_without_a_main_branch_is_not_judged_for_breaks(image_of, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(contract, "ROOT", tmp_path)
    assert contract.unbroken(image_of("// A lead.\nmessage Lead {}"), tmp_path)
    assert "skipped" in capsys.readouterr().out
