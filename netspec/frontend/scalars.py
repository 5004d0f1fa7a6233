"""Plain scalars by the YAML 1.2 core schema, expressions that its flow style cuts, and values written in that style."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

LARGEST = 2**63 - 1
"""The largest integer: torch's largest size."""

INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: Mapping[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}


class TooLarge(ValueError):
    """A number beyond every usable range.

    Attributes:
        bound: The largest that can be, in words.
    """

    def __init__(self, text: str, bound: str) -> None:
        super().__init__(text)
        self.bound = bound


def scalar(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core schema.

    Raises:
        TooLarge: An integer exceeds 64 bits, or a number exceeds a float's range.
    """
    if text in _SPECIAL:
        return _SPECIAL[text]
    if text[0] not in "+-.0123456789":
        return text
    if INT.fullmatch(text):
        # Python refuses to convert thousands of digits; twenty digits already exceed the limit.
        value = int(text, 0) if text[:2] in ("0o", "0x") else int(text) if len(text) < 1000 else LARGEST + 1
        if abs(value) > LARGEST:
            raise TooLarge(text, f"at most {LARGEST:,}, a whole number of 64 bits")
        return value
    if FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise TooLarge(text, f"at most {sys.float_info.max!r}, the largest float of 64 bits")
        return number
    return text


_PLAIN = re.compile(r"-?[A-Za-z0-9_$/(](?:[A-Za-z0-9_$./()*+ -]*[A-Za-z0-9_$./()*+-])?")
"""Texts that YAML reads unchanged in every place, unless they are numbers or other plain scalars."""

_REFUSED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Characters that are plain in JSON, and that YAML refuses or reads as the end of a line."""


def escaped(text: str) -> str:
    """JSON that YAML reads as the same value: characters that it would refuse or lose are escaped."""
    return _REFUSED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def flow(value: Any) -> str:
    """A value in flow style, on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{flow(key)}: {flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and scalar(value) == value and not open_parentheses(value)
        return value if plain else escaped(json.dumps(value, ensure_ascii=False))
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return json.dumps(value)


_LONGEST = 10_000
"""The number of characters that are examined; every expression is shorter."""


def open_parentheses(text: str) -> int:
    """The number of parentheses of a `$(` that a text leaves open; 0 if none."""
    start = text.find("$(")
    return 0 if start < 0 or len(text) > _LONGEST else closing(text, start + 1)[1]


def closing(text: str, opening: int) -> tuple[int, int]:
    """The index of the parenthesis that closes the one at `opening`, and the number that is left open if none does.

    Quoted texts are skipped.
    """
    level, quote = 0, ""
    for index in range(opening, len(text)):
        char = text[index]
        if quote or char in "'\"":
            quote = "" if char == quote else quote or char
            continue
        level += (char == "(") - (char == ")")
        if level == 0:
            return index, 0
    return len(text), level


def closed(texts: Iterable[str]) -> int:
    """The number of parentheses that a piece of a torn expression closes beyond those it opens."""
    return sum(text.count(")") - text.count("(") for text in texts)
