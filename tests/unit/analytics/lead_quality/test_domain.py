"""Leads by group and score."""

from services.analytics.lead_quality.domain import Counted, gather

COUNTED = [
    Counted("a", 7, 2, 2, 150),
    Counted("a", None, 2, 0, 0),
    Counted("b", 9, 5, 4, 475),
    Counted("b", 0, 1, 0, 5),
]


def test_groups_add_up_and_leads_that_nobody_judged_have_no_score():
    groups, total = gather(COUNTED)
    assert [(one.key, one.discovered, one.judged) for one in groups] == [("b", 6, 6), ("a", 4, 2)]
    assert (groups[1].qualified_ratio, groups[1].mean_score, groups[1].bands[7]) == (0.5, 75, 2)
    assert (total.discovered, total.qualified, sum(total.bands)) == (10, 6, 8)


def test_nothing_has_no_ratio():
    groups, total = gather([])
    assert (groups, total.qualified_ratio, total.mean_score) == ([], None, None)
