from deploy.local.fleet import LATEST_S, Rank


def test_who_stands_on_another_ends_first_and_all_within_ten_seconds():
    assert [rank for rank, _ in sorted(LATEST_S.items(), key=lambda entry: entry[1])] == sorted(Rank, reverse=True)
    assert max(LATEST_S.values()) < 10
