"""Every refusal that the code can raise is complete: a status, a reason of its own, a sentence in both languages."""

import importlib
import pkgutil
from collections import Counter
from string import Formatter

import pytest

import gateway
import services
from gateway.problems import STATUS
from services.kit.errors import Problem, all_problems

ABSTRACT = {"Invalid", "Denied", "NotFound", "Conflict", "Refused", "Exhausted", "Unavailable", "Unauthenticated"}


def everything():
    for package in (services, gateway):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in module.name and ".migrations" not in module.name:
                importlib.import_module(module.name)
    return [kind for kind in all_problems() if kind.__module__.startswith(("services.", "gateway."))]


PROBLEMS = everything()


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda one: one.__name__)
def test_a_refusal_has_a_status_and_speaks_both_languages(problem):
    assert problem.code in STATUS
    assert problem.__doc__
    if problem.__name__ in ABSTRACT or "__init__" in vars(problem):
        return  # nobody raises the former; the latter repeat what a peer or a field said
    said = problem.en, problem.zh
    assert said != (Problem.en, Problem.zh), "it says nothing of its own"
    assert any("一" <= letter <= "鿿" for letter in problem.zh), "zh is not Chinese"
    assert not any("一" <= letter <= "鿿" for letter in problem.en), "en is not English"


def test_a_reason_means_one_thing():
    # Two services may refuse for the same fact in words of their own, but never with different statuses.
    reasons = Counter(reason for reason, _ in {(problem.reason, problem.code) for problem in PROBLEMS})
    assert not [reason for reason, times in reasons.items() if times > 1]
