"""Pages of the codes: `docs/errors/NS0302.md` and its fellows; the page of a lint is made by the lint itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.files.resources import resource_folder
from netspec.report.document import Caption, Document, Gap, Prose
from netspec.report.sheet import Sheet

if TYPE_CHECKING:
    from netspec.lints.base import Lint

_PREAMBLE = "netspec: 1\nname: example\n"
_REMARK = re.compile(r"^<!--.*?-->\n\n?", re.MULTILINE)


def is_code(text: str) -> bool:
    """Whether a text has the form of a code, such as ``NS0302``; small letters will do."""
    return re.fullmatch(r"NS\d{4}", text.upper()) is not None


def error_page(code: str) -> str:
    """A code's page in Markdown: its meaning, a bad and a good example, the fix.

    Raises:
        NetspecError: There is no such code.
    """
    known = {each.number: each.title for each in Code}
    number = code.upper()
    if number not in known:
        return _lint_page(number, known)
    file = resource_folder("docs/errors") / f"{number}.md"
    text = file.read_text(encoding="utf-8") if file.is_file() else f"# {number}: {known[number]}\n"
    return _REMARK.sub("", text)


def _lint_page(number: str, known: Iterable[str]) -> str:
    """The page of a lint, which its own class makes; the lints are read only where one is asked for."""
    from netspec.lints import lints

    pages = {lint.code.number: lint for lint in lints().values()}
    if number not in pages:
        raise NetspecError.of(
            Code.FILE_NOT_FOUND,
            f"there is no diagnostic code {number}",
            expected=f"{min(known)} to {max(known)}, or {min(pages)} to {max(pages)}, as a diagnostic shows it",
            fact=unknown(number, [*known, *pages]),
        )
    return _REMARK.sub("", lint_page(pages[number]))


def page(code: str) -> Document:
    """A code's page: its meaning, a bad and a good example, the fix.

    Raises:
        NetspecError: There is no such code.
    """
    text = error_page(code)
    head, _, rest = text.removeprefix("# ").partition("\n")
    record = {"code": head.partition(":")[0], "title": head.partition(":")[2].strip(), "page": text}
    return Document(
        title=head,
        parts=lambda: [Caption(head), Gap(), Prose(rest)],
        data=lambda: record,
        sheet=lambda: Sheet.of([record], ("code", "title")),
    )


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
