"""The lines of a contract, priced by the catalogue where they say no more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from services.contracts.instalments.domain import NOTHING, must_be_in
from services.contracts.products.domain import Product, UnknownProduct
from services.kit.errors import Invalid, Violated
from services.kit.money import CENT, Money


class LinesDoNotSum(Invalid):
    """The lines of a contract are more or less than its amount."""

    field = "lines"
    en = "the lines sum to {sum}, the contract is worth {amount}"
    zh = "明细合计 {sum} 与合同金额 {amount} 不相等"


@dataclass(frozen=True, slots=True)
class LineTerms:
    """A line as it is asked for: what is not said is taken from the catalogue."""

    product_code: str = ""
    description: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Money | None = None
    amount: Money | None = None


@dataclass
class ContractLine:
    """One thing that was sold."""

    product_code: str
    description: str
    quantity: Decimal
    unit_price: Money | None
    amount: Money


def price(terms: Iterable[LineTerms], catalogue: Mapping[str, Product], *, discontinued: bool) -> list[ContractLine]:
    """The lines as they will stand. `discontinued` lets them name products that are no longer sold.

    Refused: UNKNOWN_PRODUCT; INVALID if neither line nor catalogue knows an amount.
    """
    lines = []
    for number, line in enumerate(terms):
        product = catalogue.get(line.product_code)
        if line.product_code and (product is None or not (product.active or discontinued)):
            raise UnknownProduct(name=line.product_code)
        unit_price = line.unit_price or (product.list_price if product else None)
        if (amount := line.amount) is None:
            if unit_price is None:
                raise Violated((f"lines[{number}].amount", "neither an amount nor a price is known", "缺少金额或单价"))
            exact = line.quantity * unit_price.amount
            amount = Money(exact.quantize(CENT, ROUND_HALF_UP), unit_price.currency)
        code, name = (product.code, product.name) if product else ("", "")
        lines.append(ContractLine(code, line.description or name, line.quantity, unit_price, amount))
    return lines


def total_of(lines: Iterable[ContractLine]) -> Money | None:
    """The sum of the lines, None if there are none. Refused: CURRENCY_DIFFERS."""
    total = None
    for line in lines:
        total = total or Money(NOTHING, line.amount.currency)
        must_be_in(total.currency, line.amount)
        total += line.amount
    return total


def must_sum_to(amount: Money, lines: Iterable[ContractLine]) -> None:
    """Refused: LINES_DO_NOT_SUM, CURRENCY_DIFFERS, unless there are none."""
    if (total := total_of(lines)) is None:
        return
    must_be_in(amount.currency, total)
    if total != amount:
        raise LinesDoNotSum(sum=total, amount=amount)
