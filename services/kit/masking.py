"""Personal data as it is shown: enough to recognise, too little to use."""

import re
from collections.abc import Iterable

ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
NUMBER = re.compile(r"\+?\d(?:[ ()-]?\d){6,}[Xx]?")
"""Seven digits or more: phone numbers, identity cards, bank accounts."""


def mask(value: str) -> str:
    """A phone number as 138****1234, a mail address as z***@example.com, anything else as ****."""
    if not value:
        return ""
    if "@" in value:
        name, _, host = value.partition("@")
        return f"{name[:1]}***@{host}"
    digits = value if value.isdigit() else re.sub(r"\D", "", value)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 8 else "****"


def mask_within(text: str, known: Iterable[str] = ()) -> str:
    """The text with what looks like a number or an address of somebody masked, and what is `known` to be personal."""
    for word in known:
        if word:
            text = text.replace(word, mask(word))
    text = ADDRESS.sub(lambda found: mask(found[0]), text)
    return NUMBER.sub(lambda found: mask(found[0]), text)
