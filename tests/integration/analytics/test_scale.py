"""The measurement itself: what it makes up is counted alike from sums and by a scan."""

from tests.integration.analytics.scale import ANSWERS, measure


async def test_sums_and_a_scan_agree_on_made_up_facts_for_everybody(access, capsys):
    await measure(access, 3000, times=1)
    assert len(capsys.readouterr().out.splitlines()) == 1 + 3 * len(ANSWERS)
