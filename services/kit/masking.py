"""Personal data as it is shown: enough to recognise, too little to use."""

import re
from collections.abc import Iterable

BLANK = "****"


def mask(value: str) -> str:
    """A phone number as 138****1234, a mail address as z***@example.com, anything else as ****."""
    if not value:
        return ""
    if "@" in value:
        name, _, host = value.partition("@")
        return f"{name[:1]}***@{host}"
    digits = value if value.isdigit() else re.sub(r"\D", "", value)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 8 else "****"


def redacted(text: str, words: Iterable[str]) -> str:
    """The text with each of the words blanked out, whatever its case, and numbers however they are spaced."""
    for word in words:
        loose = r"[ ().-]*".join(map(re.escape, word)) if re.fullmatch(r"\+?\d{7,}", word) else re.escape(word)
        text = re.sub(loose, BLANK, text, flags=re.IGNORECASE)
    return text
