"""Strict reading of JSON that a stranger may have written: to a bound, and without numbers that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from netspec.diagnostics import Code, NetspecError, Span
from netspec.files.reading import read_bounded

MAX_JSON = 64 * 2**20
"""The most bytes of a file that are read: enough for epochs by the ten thousand."""

_DEEPEST = 64
"""The deepest nesting of lists and objects."""


class _Refused(ValueError):
    """A value in the text that JSON does not have, or that a dict would lose."""


def read_json(path: Path, most: int = MAX_JSON) -> Any:
    """The content of a JSON file of so many bytes at most.

    Raises:
        NetspecError: NS0901: there is no such file. NS0902: it cannot be read, or is no JSON: it says where.
    """
    data = read_bounded(path, most)
    try:
        found = json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_constant)
        if _depth_exceeds(found, _DEEPEST):
            raise _Refused(f"more than {_DEEPEST} lists and objects lie in each other")
        return found
    except json.JSONDecodeError as error:
        place = Span(str(path), error.lineno, error.colno, error.lineno, error.colno + 1)
        message = f"{path} is no JSON: {error.msg}"
        raise NetspecError.of(Code.FILE_UNREADABLE, message, span=place) from None
    except UnicodeDecodeError as error:
        message = f"{path} is no JSON: byte {error.start:,} is no UTF-8"
        raise NetspecError.of(Code.FILE_UNREADABLE, message) from None
    except (ValueError, RecursionError) as error:  # of integers with thousands of digits, and of too many brackets
        reason = str(error) if isinstance(error, _Refused) else "a number is too long, or too many brackets are open"
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{path} is no JSON: {reason}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Refused(f"`{twice}` is written twice")
    return found


def _constant(text: str) -> NoReturn:
    raise _Refused(f"{text} is no number of JSON's")


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
