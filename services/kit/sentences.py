"""Sentences made of a template and facts by name."""

import re
from collections.abc import Mapping

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_NAME = re.compile(r"\{(\w+)\}")


def fill(template: str, facts: Mapping[str, str]) -> str:
    """The sentence. What stands in brackets is left out where a fact is missing; elsewhere a missing fact reads "?"."""
    kept = _OPTIONAL.sub(lambda part: part[1] if facts.keys() >= set(_NAME.findall(part[1])) else "", template)
    return _NAME.sub(lambda name: facts.get(name[1], "?"), kept)
