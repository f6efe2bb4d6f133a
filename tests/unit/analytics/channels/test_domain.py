"""Leads by channel and campaign."""

from services.analytics.channels.domain import Counted, Grouping, total

ROWS = [
    Counted("google", "spring", 5, 2, 1, 1),
    Counted("Google", "spring", 20, 9, 6, 2),
    Counted("Google", "", 8, 3, 2, 0),
    Counted("展会", "spring", 7, 7, 7, 0),
    Counted("gone", "", 0, 0, 0, 0),
]


def test_names_stand_as_recorded_unless_folded():
    groups = Grouping(channel=True, campaign=False, fold=False).gather(ROWS)
    assert [(one.channel, one.leads) for one in groups] == [("Google", 28), ("展会", 7), ("google", 5)]


def test_folded_names_go_by_the_spelling_of_the_most_leads():
    groups = Grouping(channel=True, campaign=False, fold=True).gather(ROWS)
    assert [(one.channel, one.leads, one.converted) for one in groups] == [("Google", 33, 9), ("展会", 7, 7)]


def test_groups_by_campaign_tell_channels_not_apart():
    groups = Grouping(channel=False, campaign=True, fold=False).gather(ROWS)
    assert [(one.channel, one.campaign, one.leads) for one in groups] == [("", "spring", 32), ("", "", 8)]


def test_all_groups_together_are_all_leads():
    for grouping in (Grouping(True, True, True), Grouping(False, True, False)):
        assert total(grouping.gather(ROWS)) == total(ROWS)
    assert total(ROWS).conversion_rate == 16 / 40
    assert total([]).conversion_rate is None
