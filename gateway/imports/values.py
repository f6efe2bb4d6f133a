"""From the text of a cell to a value of the contract, or a fault that says what is wrong with it."""

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from gateway.imports.dates import Unreadable, day_reader, instant_reader
from gateway.imports.fields import Field, Type

Convert = Callable[[str], Any]

FULL_WIDTH = re.compile("[０-９，．－＋]")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
SYMBOLS = {"￥": ("CNY", "JPY"), "¥": ("CNY", "JPY"), "元": ("CNY",), "$": ("USD",), "€": ("EUR",)}
FLAGS = {
    **dict.fromkeys(("true", "yes", "y", "1", "是", "有"), True),
    **dict.fromkeys(("false", "no", "n", "0", "否", "无"), False),
}


class Fault(Exception):
    """A cell cannot be what it is mapped to."""

    def __init__(self, en: str, zh: str) -> None:
        self.en = en
        self.zh = zh
        super().__init__(en)


def converter(field: Field, order: str, zone: ZoneInfo) -> Convert:
    """The function that reads cells of a field; amounts and references need more than the cell."""
    match field.type:
        case Type.NUMBER:
            return whole if field.whole else number
        case Type.FLAG:
            return flag
        case Type.CHOICE:
            return choice(field.values)
        case Type.DATE:
            return _dated(day_reader(order), "2026-01-31")
        case Type.TIME:
            return _dated(instant_reader(order, zone), "2026-01-31 15:30")
    return text


def text(cell: str) -> str:
    """Any text."""
    if "\0" in cell:
        raise Fault("must not contain U+0000", "不能包含空字符")
    return cell


def number(cell: str) -> float:
    """A number with places."""
    return float(_digits(cell))


def whole(cell: str) -> int:
    """A number without places; "12.0" is one."""
    head, _, places = _digits(cell).partition(".")
    if places.strip("0"):
        raise Fault("must be a whole number", "应为整数")
    return int(head)


def amount(cell: str, currency: str) -> tuple[str, str]:
    """An amount as the contract has it, and its currency: the one given, else what the symbol says."""
    for symbol, meant in SYMBOLS.items():
        if symbol in cell:
            if currency and currency not in meant:
                raise Fault(f"{symbol} is not {currency}", f"{symbol} 与币种 {currency} 不符")
            currency, cell = currency or meant[0], cell.replace(symbol, "", 1).strip()
            break
    if not currency:
        raise Fault("no currency: map a column to it, or name it in defaults", "缺少币种：请映射币种列或设置默认值")
    return _digits(cell).removeprefix("+"), currency


def flag(cell: str) -> bool:
    """Yes or no."""
    known = FLAGS.get(cell.lower())
    if known is None:
        raise Fault("must be yes or no", "应为是或否")
    return known


def choice(names: tuple[str, ...]) -> Convert:
    """One of the names, in whatever case."""
    known = {name.lower(): name for name in names}
    listed = ", ".join(names)

    def read(cell: str) -> str:
        if (name := known.get(cell.lower())) is None:
            raise Fault(f"must be one of {listed}; `values` can translate it", f"应为 {listed} 之一，可用 values 翻译")
        return name

    return read


def _digits(cell: str) -> str:
    """Plain digits; thousands may be grouped by commas."""
    if FULL_WIDTH.search(cell):
        raise Fault("has full-width digits or signs; write them half-width", "含全角数字或符号，请改为半角")
    if GROUPED.fullmatch(cell):
        return cell.replace(",", "")
    if not PLAIN.fullmatch(cell):
        raise Fault("must be a number", "应为数字")
    return cell


def _dated(read: Convert, example: str) -> Convert:
    def dated(cell: str) -> Any:
        if FULL_WIDTH.search(cell):
            raise Fault("has full-width digits or signs; write them half-width", "含全角数字或符号，请改为半角")
        try:
            return read(cell)
        except Unreadable:
            raise Fault(
                f"must be a day of the calendar, such as {example}", f"应为日历中的日期，例如 {example}"
            ) from None

    return dated
