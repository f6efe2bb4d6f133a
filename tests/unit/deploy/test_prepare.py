import pytest
from alembic.script import ScriptDirectory

from deploy.local.prepare import newest
from services.kit.migrations import FOLDERS


@pytest.mark.parametrize("name", FOLDERS)
def test_the_last_file_of_a_history_is_named_for_its_newest_revision(name):
    assert ScriptDirectory(str(FOLDERS[name] / "migrations")).get_current_head() == newest(name)
