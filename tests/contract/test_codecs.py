"""Every type that is kept or told fits its message and its row; translations are compiled when first used."""

import gc
import importlib

import pytest

from services.kit.codec import Codec

PROCESSES = (
    *(f"services.{name}" for name in ("leads", "opportunities", "contracts", "timeline", "analytics")),
    "gateway",
)


@pytest.mark.parametrize("process", PROCESSES)
def test_every_codec_of_a_process_compiles(process):
    importlib.import_module(f"{process}.__main__")
    found = [one for one in gc.get_objects() if isinstance(one, Codec)]
    assert found
    for codec in found:
        assert codec.to_row.__name__ == "to_row", codec.cls
