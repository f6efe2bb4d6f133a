"""Ids rise with time and are the same for every retry where they are derived."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.kit.ids import derived_id, instant_ms, new_id


def test_ids_of_one_process_never_run_backwards():
    ids = [new_id() for _ in range(5000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5000


@given(st.integers(0, 2**47))
def test_an_id_tells_when_it_was_made(at_ms):
    made = new_id(at_ms)
    assert (instant_ms(made), made.version, made.variant) == (at_ms, 7, UUID(int=0x8 << 60).variant)


@given(st.uuids(), st.text(max_size=10))
def test_a_derived_id_is_the_same_for_every_retry(parent, step):
    assert derived_id(parent, step) == derived_id(parent, step) != parent
