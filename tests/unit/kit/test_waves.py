from hypothesis import given
from hypothesis import strategies as st

from services.kit.relay import BATCH, _runs, _waves

rows = st.lists(
    st.fixed_dictionaries({"aggregate_id": st.integers(0, 90), "subject": st.sampled_from(["leads.a", "deals.b"])}),
    max_size=300,
)


@given(rows)
def test_batches_of_a_wave_share_no_aggregate_and_none_is_lost_or_overtakes_its_like(rows):
    waves = _waves(rows)
    sent = [row for wave in waves for batch in wave for row in batch]
    for name in {(row["aggregate_id"], row["subject"]) for row in rows}:
        assert [id(row) for row in sent if (row["aggregate_id"], row["subject"]) == name] == [
            id(row) for row in rows if (row["aggregate_id"], row["subject"]) == name
        ]
    for wave in waves:
        about = [{row["aggregate_id"] for row in batch} for batch in wave]
        assert sum(map(len, about)) == len(set().union(*about))
        assert all(len(batch) <= BATCH and len({row["subject"] for row in batch}) == 1 for batch in wave)


@given(rows)
def test_runs_are_the_rows_in_their_order_and_name_no_aggregate_twice(rows):
    runs = _runs(rows)
    assert [row for run in runs for row in run] == rows
    assert all(len({row["aggregate_id"] for row in run}) == len(run) for run in runs)
