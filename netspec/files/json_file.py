"""Strict reading of JSON that a stranger may have written: to a bound, and without numbers that are none."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from netspec.diagnostics import Code, NetspecError, Span
from netspec.diagnostics.styled import printable
from netspec.files.reading import read_bounded

MAX_JSON = 64 * 2**20
"""The most bytes of a file that are read: enough for epochs by the ten thousand."""

_DEEPEST = 64
"""The deepest nesting of lists and objects."""

_DEEP = f"more than {_DEEPEST} lists and objects lie in each other"


_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*+"?+)|(?P<constant>NaN|-?Infinity)|(?P<digits>[0-9]+)|(?P<mark>[][{}:,])', re.DOTALL
)
"""What a fault may lie in. A string is taken whole, to its end or that of the text, and never tried again."""


class _Refused(ValueError):
    """A value in the text that JSON does not have, or that a dict would lose."""


def _constant(text: str) -> NoReturn:
    raise _Refused(text)


def read_json(path: Path, most: int = MAX_JSON, constant: Callable[[str], Any] = _constant) -> Any:
    """The content of a JSON file of so many bytes at most.

    Args:
        path: The file.
        most: Its bytes.
        constant: Gives the values of `NaN`, `Infinity` and `-Infinity`, which JSON has not and Python writes: by
            default they are refused.

    Raises:
        NetspecError: NS0901: there is no such file. NS0902: it cannot be read, or is no JSON: it says where.
    """
    data = read_bounded(path, most)
    try:
        found = json.loads(text := data.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=constant)
        if _depth_exceeds(found, _DEEPEST):
            raise _Refused(_DEEP)
        return found
    except json.JSONDecodeError as error:
        place = Span(str(path), error.lineno, error.colno, error.lineno, error.colno + 1)
        message = f"{path} is no JSON: {error.msg}"
        raise NetspecError.of(Code.FILE_UNREADABLE, message, span=place) from None
    except UnicodeDecodeError as error:
        message = f"{path} is no JSON: byte {error.start:,} is no UTF-8"
        raise NetspecError.of(Code.FILE_UNREADABLE, message) from None
    except (ValueError, RecursionError):  # of integers with thousands of digits, and of too many brackets
        reason, help, at = _fault(text, constant)
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        place = Span(str(path), line, column, line, column + 1)
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{path} is no JSON: {reason}", span=place, help=help) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Refused("a key is written twice")
    return found


def _fault(text: str, constant: Callable[[str], Any]) -> tuple[str, str, int]:
    """What is wrong in a text that has not been read though its form is JSON's, the way to mend it, and where it is.

    Python's reader does not tell the place of such: the text is gone over once more, as far as the first.
    """
    keys: list[set[str] | None] = []  # of each object that is open; None of a list
    key: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        found, at = token[0], token.start()
        if token.lastgroup == "constant" and constant is _constant:
            return f"{found} is no number of JSON's", "write a number, or take the entry out", at
        if token.lastgroup == "digits" and len(found) > (sys.get_int_max_str_digits() or len(found)):
            return f"a number has {len(found):,} digits", "write a shorter one, or take the entry out", at
        if found in ("[", "{"):
            keys.append(set() if found == "{" else None)
            if len(keys) > _DEEPEST:
                return _DEEP, "take some out", at
        elif found in ("]", "}") and keys:
            keys.pop()
        elif found == ":" and key is not None and keys and (own := keys[-1]) is not None:
            name = str(json.loads(key[0], strict=False))
            if name in own:
                return f"`{printable(name)[:80]}` is written twice", "take one of both out", key.start()
            own.add(name)
        key = token if token.lastgroup == "string" else None
    return "it cannot be read", "write it anew", 0


def _depth_exceeds(data: Any, limit: int) -> bool:
    level = [data]
    for _ in range(limit):
        level = [
            member
            for each in level
            if isinstance(each, dict | list)
            for member in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)
