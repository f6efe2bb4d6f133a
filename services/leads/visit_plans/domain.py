"""How often a customer of each class is met in a cycle, and what was done of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Form(StrEnum):
    """How a customer is met."""

    PHONE = "PHONE"
    WECHAT = "WECHAT"
    MAIL = "MAIL"
    VISIT = "VISIT"


class Purpose(StrEnum):
    """What a touchpoint is for."""

    CLOSENESS = "CLOSENESS"
    DETAIL = "DETAIL"
    CORE_PROBLEM = "CORE_PROBLEM"


BEST: Mapping[Purpose, Form] = {
    Purpose.CLOSENESS: Form.PHONE,
    Purpose.DETAIL: Form.WECHAT,
    Purpose.CORE_PROBLEM: Form.MAIL,
}
"""Closest by phone, most detailed by WeChat, core problems by mail (C5)."""
KINDS: Mapping[str, Form] = {"PHONE": Form.PHONE, "WECHAT": Form.WECHAT, "EMAIL": Form.MAIL}
VISITS = "VISIT"


def form_of(kind: str, category: str) -> Form | None:
    """The form of a touchpoint by its kind and category; None if plans do not count it."""
    return Form.VISIT if category == VISITS else KINDS.get(kind)


@dataclass(frozen=True)
class VisitRule:
    """How often a class is met in one form."""

    quintile: int
    form: Form
    times: int


_PRESET = {
    Form.VISIT: (3, 2, 1, 1, 0),
    Form.PHONE: (12, 6, 3, 2, 1),
    Form.WECHAT: (12, 6, 3, 2, 1),
    Form.MAIL: (3, 2, 1, 1, 1),
}
PRESET = tuple(VisitRule(n, form, times) for form, row in _PRESET.items() for n, times in enumerate(row, 1))
"""The shipped plan. A tenant's own rule for a class and form stands before it."""


@dataclass(frozen=True)
class ComplianceGroup:
    """What was done for one class in one form."""

    quintile: int
    form: Form
    accounts: int
    planned: int
    done: int
    rate: float


def compliance(
    rules: Iterable[VisitRule], classes: Mapping[UUID, int], had: Mapping[tuple[UUID, Form], int]
) -> list[ComplianceGroup]:
    """done / planned (P4-12), by class and form: what was had beyond the plan with one makes up for no other."""
    found = []
    for rule in sorted(rules, key=lambda one: (one.quintile, one.form)):
        members = [account_id for account_id, quintile in classes.items() if quintile == rule.quintile]
        planned = rule.times * len(members)
        done = sum(min(had.get((one, rule.form), 0), rule.times) for one in members)
        if planned:
            found.append(ComplianceGroup(rule.quintile, rule.form, len(members), planned, done, done / planned))
    return found


def overall(groups: Iterable[ComplianceGroup]) -> float | None:
    """Of all that was planned; None if nothing was."""
    items = list(groups)
    planned = sum(one.planned for one in items)
    return sum(one.done for one in items) / planned if planned else None
