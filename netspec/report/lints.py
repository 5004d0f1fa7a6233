"""The lints as the page ``docs/lints.md``."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

from netspec.lints.base import Lint

_HEAD = """\
# Lints

Made from the lints themselves. `netspec check` warns of what is allowed in a network and seldom meant. A warning leaves
the exit code 0; `--strict` makes it an error. `--ignore bias-before-norm`, or `--ignore NS2001`, leaves a lint out; a
spec has no key for that, since it says what a network is and not who looks at it. Of an entry that is called many times
a lint tells once.
"""


def lints_markdown(lints: Iterable[Lint]) -> str:
    """The page: every lint with its reason, a bad example and a good one."""
    return "\n".join(_lines(list(lints)))


def _lines(lints: list[Lint]) -> Iterator[str]:
    yield _HEAD
    yield "| Code | Name | |"
    yield "| --- | --- | --- |"
    for lint in lints:
        yield f"| [{lint.code.number}](#{_anchor(lint)}) | `{lint.name}` | {lint.code.title} |"
    for lint in lints:
        yield ""
        yield f"## {_title(lint)}"
        yield ""
        yield inspect.getdoc(lint) or ""
        yield ""
        yield f"```yaml\n{lint.bad}```"
        yield ""
        yield f"Better:\n\n```yaml\n{lint.good}```"
    yield ""


def _title(lint: Lint) -> str:
    return f"{lint.code.number}: {lint.name}"


def _anchor(lint: Lint) -> str:
    """The heading's anchor, as GitHub makes it."""
    return _title(lint).lower().replace(":", "").replace(" ", "-")
