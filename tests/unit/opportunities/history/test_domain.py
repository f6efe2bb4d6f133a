"""What can be read from the entries of a deal's past."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from services.kit.money import Money
from services.opportunities.history.domain import Cause, Deed, Forecast, ForecastChange, Kind, StageMove, stays

ME, START = uuid4(), datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def moved(stage, kind, hours, version):
    return StageMove(stage, kind, "", START + hours * HOUR, ME, "", version)


MOVES = [
    moved("CONTACT", Kind.OPENED, 0, 1),
    moved("NEED", Kind.ADVANCED, 5, 2),
    moved("CONTACT", Kind.REGRESSED, 6, 4),
]


def test_a_stay_ends_when_the_next_begins_and_the_last_one_lasts_until_now():
    first, second, last = stays(MOVES, None, START + 10 * HOUR)
    assert (first.leave_time, first.seconds) == (START + 5 * HOUR, 5 * 3600)
    assert (second.leave_time, second.seconds) == (START + 6 * HOUR, 3600)
    assert (last.leave_time, last.seconds) == (None, 4 * 3600)


def test_the_last_stay_of_a_closed_deal_ends_when_it_was_closed():
    *_, last = stays(MOVES, START + 7 * HOUR, START + 100 * HOUR)
    assert (last.leave_time, last.seconds) == (START + 7 * HOUR, 3600)


def test_expecting_the_same_is_no_change():
    was = Forecast(Money(Decimal(10), "CNY"), 2)
    same = Forecast(Money(Decimal("10.00"), "CNY"), 2)
    assert ForecastChange.between(was, same, Cause.FORECAST, Deed(ME, START), 3) is None


def test_the_same_amount_in_another_currency_is_a_change():
    was, now = Forecast(Money(Decimal(10), "CNY")), Forecast(Money(Decimal(10), "USD"))
    change = ForecastChange.between(was, now, Cause.FORECAST, Deed(ME, START, "改为美元报价"), 3)
    assert (change.from_amount, change.to_amount, change.why) == (was.amount, now.amount, "改为美元报价")
