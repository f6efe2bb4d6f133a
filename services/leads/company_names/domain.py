"""What a Chinese company name is made of, and whether two names may be those of one company.

A registered name is place, brand (字号), trade and legal form, as in 上海 明岳 科技 有限公司 (企业名称登记管理规定).
People write less of it, in other widths, the place in brackets or behind; the brand is what nearly everybody keeps.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

WORDS = Path(__file__).parent / "words"
SHORTEST_BRAND = 2
COUNTRY = ("中国", "中华", "全国")
_BRACKETED = re.compile(r"[(\[<【〔「《]([^()\[\]<>【】〔〕「」《》]*)[)\]>】〕」》]")
_NOISE = re.compile(r"[\W_]+")
_BRANCH = re.compile(r"(?<=公司)\w{0,20}(?:分公司|办事处|分部|营业部|分店|分厂|分支机构)$")
_SUBDIVISION = re.compile(r"^\w{0,4}?(?:经济技术开发区|高新技术开发区|开发区|高新区|保税区|工业园区|街道|镇|乡)")
_LATIN_FORM = re.compile(
    r"(?:co\W*ltd|company limited|co limited|limited|ltd|inc|incorporated|corp|corporation|llc|gmbh|plc|company|co)\W*$"
)


def _words(name: str) -> frozenset[str]:
    lines = (WORDS / f"{name}.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _short(place: str) -> str:
    """上海 of 上海市: what people write."""
    return re.sub(r"(?:壮族|回族|维吾尔)?自治区$|特别行政区$|自治州$|地区$|[省市区县]$", "", place)


SUFFIXES = _words("suffixes")
TRADES = _words("trades")
PLACES = frozenset(name for full in _words("places") for name in (full, _short(full)) if len(name) > 1) | frozenset(
    COUNTRY
)
NO_BRAND = TRADES | SUFFIXES
LONGEST = {words: max(map(len, words)) for words in (SUFFIXES, TRADES, PLACES)}


@dataclass(frozen=True, slots=True)
class Name:
    """A company name taken apart. Whatever is not there is empty; the brand never is."""

    whole: str
    """All letters and digits, in one width and case, without what stands for the legal form."""
    place: str
    brand: str
    trade: str


def plain(text: str) -> str:
    """The letters and digits of a name, in one width and case."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(8192)
def parse(text: str) -> Name:
    """Take a name apart. What has no brand beside place, trade and form is its own brand."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text, places = _unbracketed(text)
    text = _LATIN_FORM.sub("", text.strip()) or text
    core = _BRANCH.sub("", _NOISE.sub("", text)) or plain(text)
    core = _without_end(core, SUFFIXES) or core
    whole = core
    ahead, rest = _placed(core)
    places += ahead
    brand, trade = _cut_trade(rest)
    tail = _ending(brand, PLACES)
    if tail and len(brand) - len(tail) >= SHORTEST_BRAND:
        places.append(tail)
        brand, further = _cut_trade(brand.removesuffix(tail))
        trade = further + trade
    if len(brand) < SHORTEST_BRAND or brand in PLACES or brand in NO_BRAND:
        brand, trade = whole, ""
    return Name(whole or plain(text), _short(places[0]) if places else "", brand or whole, trade)


def same(one: Name, other: Name) -> bool:
    """Whether both may be names of one company: the brand is the same, and no place or trade speaks against it."""
    if one.whole == other.whole:
        return True
    if one.brand != other.brand:
        return False
    if one.place and other.place and one.place != other.place:
        return False
    return not one.trade or not other.trade or _akin(one.trade, other.trade)


def _akin(one: str, other: str) -> bool:
    """Trades that one company may be called by: they share a word of two letters."""
    pairs = {one[at : at + 2] for at in range(len(one) - 1)}
    return any(other[at : at + 2] in pairs for at in range(len(other) - 1))


def _unbracketed(text: str) -> tuple[str, list[str]]:
    """The text without brackets; a place in them is set apart, other words stay where they stood."""
    places: list[str] = []

    def settle(found: re.Match[str]) -> str:
        inside = _NOISE.sub("", found[1])
        if inside in PLACES:
            places.append(inside)
            return ""
        return "" if inside in SUFFIXES else inside

    return _BRACKETED.sub(settle, text), places


def _placed(core: str) -> tuple[list[str], str]:
    """The places that a name begins with, and the rest."""
    places: list[str] = []
    while True:
        head = _beginning(core, PLACES)
        if not head and places and (found := _SUBDIVISION.match(core)):
            head = found[0]
        rest = core.removeprefix(head)
        if not head or _without_end(rest, TRADES) in NO_BRAND or len(rest) < SHORTEST_BRAND:
            return places, core
        if head not in COUNTRY:
            places.append(head)
        core = rest
        if core[0] in "省市县区" and len(core) > SHORTEST_BRAND:
            core = core[1:]


def _cut_trade(text: str) -> tuple[str, str]:
    brand = _without_end(text, TRADES)
    return brand, text.removeprefix(brand)


def _without_end(text: str, words: frozenset[str]) -> str:
    """The text without words of these at its end, as long as a brand is left."""
    while (end := _ending(text, words)) and len(text) - len(end) >= SHORTEST_BRAND:
        text = text.removesuffix(end)
    return text


def _ending(text: str, words: frozenset[str]) -> str:
    longest = min(LONGEST[words], len(text))
    return next((text[-n:] for n in range(longest, 0, -1) if text[-n:] in words), "")


def _beginning(text: str, words: frozenset[str]) -> str:
    longest = min(LONGEST[words], len(text))
    return next((text[:n] for n in range(longest, 0, -1) if text[:n] in words), "")
