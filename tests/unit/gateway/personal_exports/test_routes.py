"""What a request for a personal export may say."""

from uuid import uuid4

import pytest
from pydantic import ValidationError

from gateway.personal_exports.routes import PersonalExportRequest


@pytest.mark.parametrize("purpose", ["they\0asked", "\0\0", "they asked\0", "  ", "?", "x" * 201])
def test_a_purpose_that_the_audit_log_cannot_keep_is_refused(purpose):
    with pytest.raises(ValidationError, match="purpose"):
        PersonalExportRequest.model_validate({"personIds": [str(uuid4())], "purpose": purpose})


@pytest.mark.parametrize("purpose", ["本人来信查阅", "they asked\nby letter", "a b"])
def test_any_other_purpose_is_taken(purpose):
    given = {"personIds": [str(uuid4())], "purpose": purpose}
    assert PersonalExportRequest.model_validate(given).purpose == purpose
