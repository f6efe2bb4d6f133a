"""Amounts as requests carry them."""

from decimal import Decimal

from dealtrail.type.v1 import money_pb2

from services.kit.money import CENT, Money


def from_message(message: money_pb2.Money) -> Money:
    """The amount, in cents, so that what is answered at once reads like what is read later."""
    return Money(Decimal(message.amount).quantize(CENT), message.currency)
