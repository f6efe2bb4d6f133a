"""What tests share in which warnings are errors."""

import pytest

from tests.integration.deploy.processes import bury_garbage


@pytest.fixture(scope="module")
def nothing_left():
    """A warning is the fault of what these tests do, and not of what others have left."""
    bury_garbage()
