"""Lines priced by the catalogue."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from services.contracts.instalments.domain import CurrencyDiffers
from services.contracts.lines.domain import LinesDoNotSum, LineTerms, must_sum_to, price, total_of
from services.contracts.products.domain import Product, UnknownProduct
from services.kit.errors import Violated
from services.kit.money import Money

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def yuan(amount):
    return Money(Decimal(amount), "CNY")


@pytest.fixture
def catalogue():
    product = Product(uuid4(), "GTX Pro", "GTX 专业版", NOW, NOW, list_price=yuan("10.01"), aliases=["GTXPro"])
    return dict.fromkeys(product.names(), product)


def test_what_a_line_does_not_say_the_catalogue_says(catalogue):
    [line] = price([LineTerms("GTXPro", quantity=Decimal("2.5"))], catalogue, discontinued=False)
    assert (line.product_code, line.description) == ("GTX Pro", "GTX 专业版")
    assert (line.unit_price, line.amount) == (yuan("10.01"), yuan("25.03"))


def test_what_a_line_says_stands(catalogue):
    terms = LineTerms("GTX Pro", "优惠价", unit_price=yuan("9.00"), amount=yuan("8.88"))
    [line] = price([terms], catalogue, discontinued=False)
    assert (line.description, line.unit_price, line.amount) == ("优惠价", yuan("9.00"), yuan("8.88"))


def test_a_product_out_of_sale_is_unknown_to_drafts_and_known_to_history(catalogue):
    catalogue["GTX Pro"].active = False
    with pytest.raises(UnknownProduct):
        price([LineTerms("GTX Pro")], catalogue, discontinued=False)
    assert price([LineTerms("GTX Pro")], catalogue, discontinued=True)


def test_a_line_without_product_needs_an_amount(catalogue):
    with pytest.raises(Violated) as refused:
        price([LineTerms(amount=yuan("1.00")), LineTerms(description="服务")], catalogue, discontinued=False)
    assert refused.value.violations()[0][0] == "lines[1].amount"


def test_lines_sum_to_the_amount_in_one_currency():
    lines = price([LineTerms(amount=yuan("1.10")), LineTerms(amount=yuan("-0.10"))], {}, discontinued=False)
    must_sum_to(yuan("1.00"), lines)
    must_sum_to(yuan("7.00"), [])
    assert total_of([]) is None
    with pytest.raises(LinesDoNotSum):
        must_sum_to(yuan("1.01"), lines)
    with pytest.raises(CurrencyDiffers):
        must_sum_to(Money(Decimal("1.00"), "USD"), lines)
    with pytest.raises(CurrencyDiffers):
        total_of(
            price([LineTerms(amount=yuan("1")), LineTerms(amount=Money(Decimal(1), "USD"))], {}, discontinued=True)
        )
