"""P20: how well company names are matched, on real names whose brand is known."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.leads.company_names.domain import parse, same
from tests.bench.report import Measurement

TRUTH = [
    line.split(" ")
    for line in (Path(__file__).parent / "company_names.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
"""Each a registered name, and its brand where it has one."""
FIRST_HALF, SECOND_HALF = TRUTH[::2], TRUTH[1::2]
"""The matcher was written with a look at the first; the second is held back."""
Pair = tuple[str, str, bool]


@dataclass(frozen=True)
class Found:
    """How many pairs were taken for one company, rightly and wrongly, and how many were missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """How many of those taken for one are."""
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        """How many of those that are one were taken for it."""
        return self.right / (self.right + self.missed)


def pairs(truth: Sequence[Sequence[str]]) -> list[Pair]:
    """Every registered name with every brand and with every other way to write a name: whether they are one company."""
    found = []
    for number, (full, *brand) in enumerate(truth):
        for other, (written, *its) in enumerate(truth):
            one = number == other or bool(brand and brand == its)
            found += [(full, way, one) for way in (*its, *ways(written))]
    return found


def ways(full: str) -> list[str]:
    """Other ways to write a registered name."""
    wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in full)
    return [full, wide, f" {full.replace('有限公司', '有限责任公司')} ", f"{full}（中国）"]


def measured(told: Sequence[Pair]) -> Found:
    """What the matcher says of them."""
    judged = [(same(parse(one), parse(other)), truth) for one, other, truth in told]
    return Found(judged.count((True, True)), judged.count((True, False)), judged.count((False, True)))


def matching() -> list[Measurement]:
    """P20: precision and recall on the names held back, against matching whole names; what a name costs."""
    told = pairs(SECOND_HALF)
    found = measured(told)
    whole = Found(*(sum((one == other, truth) == pair for one, other, truth in told) for pair in OUTCOMES))
    parse.cache_clear()
    begun = time.perf_counter()
    for full, *_ in TRUTH:
        parse(full)
    cost = (time.perf_counter() - begun) / len(TRUTH) * 1e6
    notes = {"recall": f"{found.recall:.4f}", "recall of equality": f"{whole.recall:.4f}", "a name, µs": f"{cost:.0f}"}
    what = "company names held back, precision"
    return [Measurement("P20", what, "", found.precision, whole.precision, "equality of names", 0.995, 1, True, notes)]


OUTCOMES = ((True, True), (True, False), (False, True))
