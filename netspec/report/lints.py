"""The lints as the page ``docs/lints.md``, and each alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from netspec.lints.base import Lint

_HEAD = """\
# Lints

Made from the lints themselves. `netspec check`, and `netspec.review` in Python, warn of what is allowed in a network
and seldom meant. A warning leaves the exit code 0; `--strict` makes it an error. `--ignore bias-before-norm`, or
`--ignore NS2001`, leaves a lint out; a spec has no key for that, since it says what a network is and not who looks at
it. Of an entry that is called many times a lint tells once.

| Code | Name | |
| --- | --- | --- |
"""


def lints_markdown(lints: Iterable[Lint]) -> str:
    """The page: a table of the lints, then each with its reason and its examples."""
    listed = list(lints)
    rows = (f"| [{each.code.number}](#{_anchor(each)}) | `{each.name}` | {each.code.title} |\n" for each in listed)
    return _HEAD + "".join(rows) + "".join(f"\n{lint_markdown(each)}" for each in listed)


def lint_markdown(lint: Lint) -> str:
    """A lint with its reason, a bad example and a good one."""
    examples = f"```yaml\n{lint.bad}```\n\nBetter:\n\n```yaml\n{lint.good}```\n"
    return f"## {_title(lint)}\n\n{inspect.getdoc(lint)}\n\n{examples}"


def _title(lint: Lint) -> str:
    return f"{lint.code.number}: {lint.name}"


def _anchor(lint: Lint) -> str:
    """The heading's anchor, as GitHub makes it."""
    return _title(lint).lower().replace(":", "").replace(" ", "-")
