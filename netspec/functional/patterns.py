"""Patterns of the names of modules and tensors: `fc`, `layer4.1`, `*.bias`, `*`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache


def covers(pattern: str, name: str) -> bool:
    """Whether a pattern names a module or tensor, or a module that it is in.

    Names are compared by whole components, so that ``layer1`` covers
    ``layer1.0.conv1.weight`` and not ``layer10``; ``*`` stands for any text, dots
    included.
    """
    return _compiled(pattern).fullmatch(name) is not None


def any_covers(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns covers a name."""
    return any(covers(pattern, name) for pattern in patterns)


def closest(patterns: Collection[str], name: str) -> str | None:
    """The pattern that covers a name and has the most characters beside `*`.

    The last of several alike; None where no pattern covers the name.
    """
    fitting = [pattern for pattern in reversed([*patterns]) if covers(pattern, name)]
    return max(fitting, key=lambda each: len(each.replace("*", "")), default=None)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    text = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.compile(rf"{text}(?:\..*)?")
