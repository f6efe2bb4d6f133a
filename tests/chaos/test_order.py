from tests.chaos.order import overtaken


def test_an_event_that_comes_after_a_later_one_of_its_thing_is_named():
    rows = [
        {"thing": thing, "version": version} for thing, version in (("a", 1), ("b", 2), ("a", 3), ("a", 2), ("b", 2))
    ]
    assert overtaken(rows) == ["version 2 of a comes after version 3"]
    assert overtaken(row for row in rows if row["thing"] == "b") == []
