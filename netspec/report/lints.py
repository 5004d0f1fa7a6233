"""The page of a lint, which the lint itself makes."""

from __future__ import annotations

import inspect

from netspec.lints.base import Lint

_PREAMBLE = "netspec: 1\nname: example\n"


def lint_page(lint: Lint) -> str:
    """A lint's page in Markdown: its reason, a bad and a good example, the way to ignore it."""
    return (
        f"# {lint.code.number}: {lint.code.title}\n\n{inspect.getdoc(lint)}\n\n"
        f"<!-- warned: {lint.code.number} -->\n{_example(lint.bad)}\n"
        f"## To mend it\n\n{_example(lint.good)}\n"
        f"## To leave it out\n\n`netspec check --ignore {lint.name}`, where it is meant so.\n"
    )


def _example(text: str) -> str:
    return f"```yaml\n{_PREAMBLE}{text}```\n"
