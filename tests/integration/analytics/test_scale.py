"""The bench's measurement itself: what it makes up is counted alike from sums and by a scan."""

from tests.bench.answers import ANSWERS, measure


async def test_sums_and_a_scan_agree_on_made_up_facts_for_everybody(access):
    made, found = await measure(access, 3000, times=1)
    assert made > 1000
    assert len(found) == 3 * len(ANSWERS)
