"""Where the rows behind a number are listed."""

from typing import Any
from urllib.parse import urlencode

PATH = "/v1/analytics/rows"


def link(number: str, **filters: Any) -> str:
    """The path that lists what a number counts; `filters` named as in JSON, empty ones are not in it."""
    given = {name: f"{value:g}" if isinstance(value, float) else value for name, value in filters.items() if value}
    return f"{PATH}?{urlencode({'number': number} | given)}"
