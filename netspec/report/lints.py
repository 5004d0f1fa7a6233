"""The lints as the page ``docs/lints.md``, and each on a page of its own."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator

from netspec.lints.base import Lint
from netspec.report.document import Column, Document, Link, Part, Prose, Row, Sheet, Table, Verbatim

_HEAD = """\
Made from the lints themselves. `netspec check`, and `netspec.review` in Python, warn of what is allowed in a network
and seldom meant. A warning leaves the exit code 0; `--strict` makes it an error. `--ignore bias-before-norm`, or
`--ignore NS2001`, leaves a lint out; a spec has no key for that, since it says what a network is and not who looks at
it. Of an entry that is called many times a lint tells once.

Each has its page, with an example that it warns of and one that it does not; `netspec explain NS2001` prints it.
"""

_PREAMBLE = "netspec: 1\nname: example\n"


def lint_list(lints: Collection[Lint]) -> Document:
    """The page of all lints: a table of them, each with a link to its own page."""

    def parts() -> Iterator[Part]:
        yield Prose(_HEAD)
        rows = [Row((_link(each), Verbatim(each.name), each.code.title)) for each in lints]
        yield Table((Column("Code"), Column("Name"), Column("")), rows)

    records = [{"code": each.code.number, "name": each.name, "title": each.code.title} for each in lints]
    return Document("Lints", parts, lambda: records, lambda: Sheet.of(records, ("code", "name", "title")))


def _link(lint: Lint) -> Link:
    return Link(lint.code.number, f"lints/{lint.code.number}.md")


def lint_page(lint: Lint) -> str:
    """A lint's page in Markdown: its reason, a bad and a good example, how to leave it out."""
    return (
        f"# {lint.code.number}: {lint.code.title}\n\n{inspect.getdoc(lint)}\n\n"
        f"<!-- warned: {lint.code.number} -->\n{_example(lint.bad)}\n"
        f"## To mend it\n\n{_example(lint.good)}\n"
        f"## To leave it out\n\n`netspec check --ignore {lint.name}`, where it is meant so.\n"
    )


def _example(text: str) -> str:
    return f"```yaml\n{_PREAMBLE}{text}```\n"
