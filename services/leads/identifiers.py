"""How companies are told apart, however it is written: their 统一社会信用代码, and the domain of their mail."""

import unicodedata
from pathlib import Path

from services.kit.errors import Invalid

USCC_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015, 5.2: no I, O, S, V, Z."""
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
PUBLIC_MAIL = frozenset((Path(__file__).parent / "public_mail_hosts.txt").read_text("utf-8").split())
"""Hosts where anybody has mail: sharing one says nothing. The last three are nobody's (RFC 2606)."""
SECOND_LEVEL = frozenset(["com", "net", "org", "gov", "edu", "ac", "co", "mil"])


class UsccInvalid(Invalid):
    """The 统一社会信用代码 cannot be one."""

    field = "uscc"
    en = "a unified social credit code has 18 digits or capitals (no I, O, S, V, Z), the last of which is a check"
    zh = "统一社会信用代码应为 18 位数字或大写字母（不含 I、O、S、V、Z），且校验码正确"


def uscc_letters(text: str) -> str:
    """A code as it is compared, whether or not it can be one: without spaces, in capitals of one width."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def plain_uscc(text: str) -> str:
    """The code without spaces, in capitals of one width; empty stays empty. Refused: USCC_INVALID."""
    code = uscc_letters(text)
    if code and (len(code) != 18 or any(one not in USCC_DIGITS for one in code) or code[-1] != _check_digit(code)):
        raise UsccInvalid
    return code


def _check_digit(code: str) -> str:
    """GB 32100-2015, annex A: C18 = 31 - MOD(sum of Ci × Wi, 31), Wi = MOD(3^(i-1), 31)."""
    total = sum(USCC_DIGITS.index(one) * weight for one, weight in zip(code, USCC_WEIGHTS, strict=False))
    return USCC_DIGITS[-total % 31]


def company_domain(email: str) -> str:
    """The domain that a company registered, of a mail address; empty for a public mail host."""
    host = email.strip().lower().rpartition("@")[2].rstrip(".")
    labels = host.split(".")
    if host in PUBLIC_MAIL or len(labels) < 2:
        return ""
    kept = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVEL else 2
    found = ".".join(labels[-kept:])
    return "" if found in PUBLIC_MAIL else found
