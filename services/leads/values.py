"""Values of the wire that several features of leads read: days and money."""

from datetime import date
from decimal import Decimal

from dealtrail.type.v1.money_pb2 import Money as MoneyMessage

from services.kit.errors import Violated
from services.kit.money import Money


def day(text: str, field: str) -> date:
    """A day that stands in the calendar. Refused: INVALID, naming the field."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Violated((field, "is not a day of the calendar", "不是有效日期")) from None


def money(message: MoneyMessage) -> Money:
    """An amount of the wire."""
    return Money(Decimal(message.amount), message.currency)
