"""How Chinese text is looked for: by any part of it, by its pinyin in full or in initials, in all readings."""

import os
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache, partial

# Readings come from the table of characters: the table of phrases knows one reading in each context, and 40 MB more.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

LONGEST_PREFIX = 6
WRITTEN, SOUND, INITIALS = "", "'", '"'
"""What the terms of each way begin with."""
GRAM = {WRITTEN: 2, SOUND: 3, INITIALS: 2}
"""How long the parts are by which a text is found. Two letters of pinyin are in nearly every text."""
BEGUN = {SOUND: 6, INITIALS: 4}
"""How long the longest beginnings are. Initials have a beginning for each reading, so that long ones are many."""
READINGS = 6
"""Of one character; rarer ones come last in the table."""


class Closeness(IntEnum):
    """How well a text fits what was asked for, the best first."""

    EXACT = 1
    PREFIX = 2
    WORD = 3
    SUBSTRING = 4


@dataclass(frozen=True, order=True)
class Match:
    """Where in a text it was found: from the `start`-th character on, `length` characters long."""

    closeness: Closeness
    start: int
    length: int


@dataclass(frozen=True)
class Spelt:
    """A text as it is compared: letters, digits and Chinese characters alone, in lower case and half width."""

    letters: str
    places: tuple[int, ...]
    """Where each of them stands in the text as it was written."""
    begins: frozenset[int]
    """Those that begin a word."""


@lru_cache(maxsize=16384)
def readings(letter: str) -> tuple[str, ...]:
    """The pinyin of a character in all its readings, without tones; ü is v or u. A letter is its own."""
    import pypinyin  # noqa: PLC0415 - a start need not wait until its table is loaded

    found = pypinyin.pinyin(letter, style=pypinyin.Style.NORMAL, heteronym=True)[0][:READINGS]
    return tuple(dict.fromkeys(form for one in found for form in (one, one.replace("v", "u"))))


def spelt(text: str) -> Spelt:
    """The text as it is compared."""
    letters: list[str] = []
    places: list[int] = []
    begins: set[int] = set()
    before = ""
    for place, written in enumerate(text):
        for letter in unicodedata.normalize("NFKC", written).lower():
            kind = _kind(letter)
            if kind:
                if kind != before:
                    begins.add(len(letters))
                letters.append(letter)
                places.append(place)
            before = kind
    return Spelt("".join(letters), tuple(places), frozenset(begins))


def _kind(letter: str) -> str:
    """What may stand in one word with its like; "" for what parts words."""
    if not letter.isalnum():
        return ""
    return "latin" if letter.isascii() else "other"


def terms(text: str) -> set[str]:
    """All by which a text is found: a text that `match` finds has every one of `asked`'s terms for some way."""
    whole = spelt(text).letters
    if not whole:
        return set()
    found = {"=" + whole} | {"^" + whole[:n] for n in range(1, LONGEST_PREFIX + 1)}
    found.update(_grams(WRITTEN, whole))
    if not whole.isascii():
        for mark in (SOUND, INITIALS):
            found |= _beginnings(mark, _needed(mark, whole, 0, BEGUN[mark]))
            for at in range(len(whole)):
                found |= _heard(mark, _needed(mark, whole, at, GRAM[mark]))
    return found


@lru_cache(maxsize=16384)
def _beginnings(mark: str, letters: str) -> frozenset[str]:
    """With what begins that is read from the first of the letters on, in all readings."""
    runs = _runs(mark, letters, BEGUN[mark])
    return frozenset([f"{mark}^{run[:n]}" for run in runs for n in range(2, BEGUN[mark] + 1)])


@lru_cache(maxsize=65536)
def _heard(mark: str, letters: str) -> frozenset[str]:
    """The parts of what is read from the first of the letters on, in all readings: as many letters as parts are long.

    Remembered, for most names end alike: 科技有限公司.
    """
    return frozenset(part for run in _runs(mark, letters, GRAM[mark]) for part in _grams(mark, run))


def _needed(mark: str, letters: str, at: int, length: int) -> str:
    """The letters from there on that decide what `_runs` of that length says: the fewer, the more is known already."""
    if mark == INITIALS:
        return letters[at : at + length]
    end, missing = at + 1, length - 1
    while missing > 0 and end < len(letters):
        missing -= _shortest(letters[end])
        end += 1
    return letters[at:end]


@lru_cache(maxsize=16384)
def _shortest(letter: str) -> int:
    """How many letters the shortest of its readings has."""
    return min(map(len, readings(letter)))


@lru_cache(maxsize=16384)
def _initials(letter: str) -> tuple[str, ...]:
    """With what its readings begin."""
    return tuple({one[0] for one in readings(letter)})


@dataclass(frozen=True)
class Asked:
    """The terms that a text has if it is found in one way: those of any text so found, and of one that begins so."""

    whole: tuple[str, ...]
    begin: tuple[str, ...]
    part: tuple[str, ...]


def asked(query: str) -> list[Asked]:
    """The ways in which a text may be found by what somebody typed: as written, by pinyin, by initials."""
    letters = spelt(query).letters
    if not letters:
        return []
    part = tuple(_grams(WRITTEN, letters))
    ways = [Asked(("=" + letters,), ("^" + letters[:LONGEST_PREFIX], *part), part)]
    if letters.isascii() and letters.isalpha() and len(letters) > 1:
        for mark in (SOUND, INITIALS):
            part = tuple(_grams(mark, letters))
            begin = (f"{mark}^{letters[: BEGUN[mark]]}", *part)
            ways.append(Asked(begin, begin, part))
    return ways


def _grams(mark: str, letters: str) -> list[str]:
    size = GRAM[mark]
    return [mark + letters[at : at + size] for at in range(len(letters) - size + 1)]


def _runs(mark: str, letters: str, length: int) -> list[str]:
    """What the letters are read as, in all readings: the first syllable and `length` - 1 letters after it."""
    of = _initials if mark == INITIALS else readings
    syllables: list[Collection[str]] = [of(letter) for letter in letters[:length]]
    rests = _begun(syllables, 1, length - 1)
    return [first + rest for first in syllables[0] for rest in rests]


def _begun(syllables: Sequence[Collection[str]], at: int, length: int) -> set[str]:
    """The first letters of what is read from there on, in all readings: `length` of them, or as many as there are."""
    if at == len(syllables):
        return {""}
    found: set[str] = set()
    for one in syllables[at]:
        if len(one) >= length:
            found.add(one[:length])
        else:
            found.update([one + rest for rest in _begun(syllables, at + 1, length - len(one))])
    return found


def match(query: str, text: str) -> Match | None:
    """The best place where the text has what was asked for; None if it has not."""
    wanted, whole = spelt(query).letters, spelt(text)
    if not wanted or not whole.letters:
        return None
    return min(_found(wanted, whole), default=None)


def _found(wanted: str, whole: Spelt) -> Iterator[Match]:
    ways = [_as_written]
    if wanted.isascii() and wanted.isalpha() and len(wanted) > 1 and not whole.letters.isascii():
        ways += [_by_initials, _by_sound]
    for at in range(len(whole.letters)):
        for end in (end for way in ways if (end := way(wanted, whole.letters, at))):
            start, last = whole.places[at], whole.places[end - 1]
            yield Match(_closeness(whole, at, end), start, last - start + 1)


def _closeness(whole: Spelt, at: int, end: int) -> Closeness:
    if at == 0:
        return Closeness.EXACT if end == len(whole.letters) else Closeness.PREFIX
    return Closeness.WORD if at in whole.begins else Closeness.SUBSTRING


def _as_written(wanted: str, letters: str, at: int) -> int:
    return at + len(wanted) if letters.startswith(wanted, at) else 0


def _by_initials(wanted: str, letters: str, at: int) -> int:
    end = at + len(wanted)
    pairs = zip(wanted, letters[at:end], strict=False)
    fits = end <= len(letters) and all(any(one[0] == w for one in readings(letter)) for w, letter in pairs)
    return end if fits else 0


def _by_sound(wanted: str, letters: str, at: int) -> int:
    """As `_read`, but what is shorter than the parts of a sound is looked for where a text begins only."""
    return _read(wanted, letters, at) if at == 0 or len(wanted) >= GRAM[SOUND] else 0


def _read(wanted: str, letters: str, at: int) -> int:
    """Where it ends if the syllables from `at` on are read so; the last may be begun only. 0 if they are not."""
    further = partial(_read, letters=letters, at=at + 1)
    for one in readings(letters[at]) if at < len(letters) else ():
        if one.startswith(wanted):
            return at + 1
        if wanted.startswith(one) and (end := further(wanted[len(one) :])):
            return end
    return 0
